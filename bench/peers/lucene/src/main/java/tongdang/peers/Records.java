package tongdang.peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JSON-lines file of records, a chunk at a time. */
final class Records implements AutoCloseable {
  /** One record, as much of it as is indexed. */
  record Row(String id, String title, String fonds, String region) {}

  private final JsonParser parser;

  Records(Path file) throws IOException {
    parser = new JsonFactory().createParser(file.toFile());
  }

  /** At most `limit` rows; none at the end of the file. */
  List<Row> next(int limit) throws IOException {
    List<Row> rows = new ArrayList<>(limit);
    while (rows.size() < limit && parser.nextToken() == JsonToken.START_OBJECT) {
      rows.add(row());
    }
    return rows;
  }

  private Row row() throws IOException {
    String id = "";
    String title = "";
    String fonds = "";
    String region = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "id" -> id = parser.getText();
        case "title" -> title = parser.getText();
        case "fonds" -> fonds = parser.getText();
        case "region" -> region = parser.getText();
        default -> parser.skipChildren();
      }
    }
    return new Row(id, title, fonds, region);
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
