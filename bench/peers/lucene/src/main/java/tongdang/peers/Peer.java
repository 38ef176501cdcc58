package tongdang.peers;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * {@code index -records FILE -dir DIR [-threads 1] [-heap 64]} or {@code search -queries FILE -dir DIR [-limit 10]
 * [-rounds 5]}; prints one line of JSON.
 */
public final class Peer {
  public static void main(String[] arguments) throws Exception {
    Locale.setDefault(Locale.ROOT);
    Map<String, String> given = new HashMap<>();
    for (int i = 1; i + 1 < arguments.length; i += 2) {
      given.put(arguments[i].replaceFirst("^-+", ""), arguments[i + 1]);
    }
    String mode = arguments.length > 0 ? arguments[0] : "";
    String line =
        switch (mode) {
          case "index" ->
              Indexing.run(path(given, "records"), path(given, "dir"), number(given, "threads", 1), number(given, "heap", 64));
          case "search" ->
              Searching.run(path(given, "queries"), path(given, "dir"), number(given, "limit", 10), number(given, "rounds", 5));
          default -> throw new IllegalArgumentException("index or search?");
        };
    System.out.println(line);
  }

  private static Path path(Map<String, String> given, String name) {
    if (!given.containsKey(name)) {
      throw new IllegalArgumentException("-" + name + " is needed");
    }
    return Path.of(given.get(name));
  }

  private static int number(Map<String, String> given, String name, int otherwise) {
    return Integer.parseInt(given.getOrDefault(name, String.valueOf(otherwise)));
  }
}
