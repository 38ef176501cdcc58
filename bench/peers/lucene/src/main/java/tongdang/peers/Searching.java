package tongdang.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Version;

/** Runs a file of queries, one a line: the best hits with what is stored of them, and the exact number of all. */
final class Searching {
  /** Every query `rounds` times after a first round that is not counted (the machine compiles during it). */
  static String run(Path queries, Path folder, int limit, int rounds) throws IOException {
    List<String> texts = Files.readAllLines(queries).stream().filter(text -> !text.isBlank()).toList();
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("no query in " + queries.getFileName());
    }
    try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(folder))) {
      IndexSearcher searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null); // each query is worked out anew, as on the other side
      Titles titles = new Titles();
      long[] nanos = new long[texts.size() * rounds];
      long hits = 0;
      for (int round = -1; round < rounds; round++) {
        for (int number = 0; number < texts.size(); number++) {
          long started = System.nanoTime();
          long found = search(searcher, titles, texts.get(number), limit);
          long took = System.nanoTime() - started;
          if (round >= 0) {
            nanos[round * texts.size() + number] = took;
            hits += found;
          }
        }
      }
      Arrays.sort(nanos);
      return String.format(
          "{\"documents\":%d,\"queries\":%d,\"hits\":%d,\"p50_us\":%.1f,\"p99_us\":%.1f,\"version\":\"lucene %s\"}",
          reader.numDocs(), nanos.length, hits, quantile(nanos, 50), quantile(nanos, 99), Version.LATEST);
    }
  }

  private static long search(IndexSearcher searcher, Titles titles, String text, int limit) throws IOException {
    TopDocs found =
        searcher.search(titles.query(text), new TopScoreDocCollectorManager(limit, null, Integer.MAX_VALUE));
    for (ScoreDoc hit : found.scoreDocs) {
      searcher.storedFields().document(hit.doc);
    }
    return found.totalHits.value;
  }

  /** Nearest rank, in microseconds. */
  private static double quantile(long[] sorted, int percent) {
    int rank = (sorted.length * percent + 99) / 100;
    return sorted[rank - 1] / 1e3;
  }
}
