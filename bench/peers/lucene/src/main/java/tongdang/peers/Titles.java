package tongdang.peers;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.QueryBuilder;

/**
 * Titles as bigrams of Han characters, forms unified and case folded by ICU, and queries as phrases of them.
 *
 * <p>Tongdang's own analysis (services/discovery/domain/text.py) also brings characters into simplified script and
 * indexes a pinyin reading; this one does neither, so it has less to do.
 */
final class Titles extends Analyzer {
  static final String FIELD = "title";

  @Override
  protected TokenStreamComponents createComponents(String field) {
    Tokenizer source = new StandardTokenizer();
    TokenStream folded = new ICUFoldingFilter(source);
    return new TokenStreamComponents(source, new CJKBigramFilter(folded));
  }

  /** A phrase of the text's tokens; one Han character is looked for at the start of any bigram. */
  Query query(String text) {
    if (text.codePointCount(0, text.length()) == 1 && Character.isIdeographic(text.codePointAt(0))) {
      return new PrefixQuery(new Term(FIELD, text));
    }
    Query phrase = new QueryBuilder(this).createPhraseQuery(FIELD, text);
    return phrase == null ? new MatchNoDocsQuery() : phrase;
  }
}
