package tongdang.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field.Store;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Version;

/** Indexes a file of records. Reading the file is not counted; the commit, which syncs the files, is. */
final class Indexing {
  private static final int CHUNK = 100_000;

  /** Seconds cover adding and the commit; bytes are those of the closed index, after its merges. */
  static String run(Path records, Path folder, int threads, double heapMb) throws Exception {
    long documents = 0;
    long nanos = 0;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    IndexWriterConfig config = new IndexWriterConfig(new Titles()).setRAMBufferSizeMB(heapMb);
    try (Directory directory = FSDirectory.open(folder);
        Records source = new Records(records)) {
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        for (List<Records.Row> chunk = source.next(CHUNK); !chunk.isEmpty(); chunk = source.next(CHUNK)) {
          long started = System.nanoTime();
          addAll(pool, writer, chunk, threads);
          nanos += System.nanoTime() - started;
          documents += chunk.size();
        }
        long started = System.nanoTime();
        writer.commit();
        nanos += System.nanoTime() - started;
      }
      double seconds = nanos / 1e9;
      return String.format(
          "{\"documents\":%d,\"seconds\":%.6f,\"docs_per_second\":%.1f,\"index_bytes\":%d,"
              + "\"threads\":%d,\"heap_mb\":%.0f,\"version\":\"lucene %s\"}",
          documents, seconds, documents / seconds, size(directory), threads, heapMb, Version.LATEST);
    } finally {
      pool.shutdown();
    }
  }

  private static void addAll(ExecutorService pool, IndexWriter writer, List<Records.Row> rows, int threads)
      throws Exception {
    List<Callable<Void>> parts = new ArrayList<>();
    for (int part = 0; part < threads; part++) {
      List<Records.Row> own =
          rows.subList(rows.size() * part / threads, rows.size() * (part + 1) / threads);
      parts.add(
          () -> {
            for (Records.Row row : own) {
              writer.addDocument(document(row));
            }
            return null;
          });
    }
    for (Future<Void> done : pool.invokeAll(parts)) {
      done.get();
    }
  }

  private static Document document(Records.Row row) {
    Document document = new Document();
    document.add(new StringField("id", row.id(), Store.YES));
    document.add(new TextField(Titles.FIELD, row.title(), Store.YES));
    document.add(new StringField("fonds", row.fonds(), Store.NO));
    document.add(new StringField("region", row.region(), Store.NO));
    document.add(new StoredField("fonds", row.fonds()));
    document.add(new StoredField("region", row.region()));
    return document;
  }

  private static long size(Directory directory) throws IOException {
    long bytes = 0;
    for (String name : directory.listAll()) {
      bytes += directory.fileLength(name);
    }
    return bytes;
  }
}
