"""Rows O1-O6: opening, and who has to agree."""

from services.catalog.domain.rules.articles import Article, Law, articles
from services.catalog.domain.rules.rule import Effect, Rule

_DOMAIN = "services.catalog.domain."
_REVIEW = "services.catalog.application.review."

OPENING_RULES = (
    Rule(
        "O1",
        (Article(Law.L, 27), Article(Law.M, 7), Article(Law.R, 29)),
        "term-reached-reviewed-no-ground",
        Effect.OPEN,
        "自形成之日起满二十五年（次日起）、经审核且无延期理由的，向社会开放，目录同时公布。",
        "25 full years after formation, from the day after on, a reviewed record without a ground against it opens and "
        "its entry is published at the same time.",
        (
            _DOMAIN + "record_dates.RecordDate.eligible_on",
            _DOMAIN + "lines.Line.require_fit",
            _DOMAIN + "suggestions.suggest",
        ),
    ),
    Rule(
        "O2",
        (Article(Law.L, 27), Article(Law.M, 7)),
        "early-class-reviewed",
        Effect.OPEN_EARLY,
        "经济、教育、科技、文化等类档案，经审核可以提前开放，须写明理由。",
        "Records of economy, education, science and culture may open before 25 years once reviewed; the reason is "
        "stated.",
        (_DOMAIN + "lines.Line.require_fit", _DOMAIN + "suggestions.suggest"),
    ),
    Rule(
        "O3",
        articles(Law.R, 30),
        "disclosed-proactively",
        Effect.PROPOSE_EARLY,
        "移交时已属政府信息主动公开的，建议提前开放；“不予公开”的，先由人判断。",
        "What was disclosed proactively as government information is proposed for early opening; what was withheld is "
        "judged by a person first.",
        (_DOMAIN + "lines.Line.require_fit", _DOMAIN + "suggestions.suggest"),
    ),
    Rule(
        "O4",
        (Article(Law.L, 30), Article(Law.M, 15)),
        "both-opinions-agree",
        Effect.SIGN,
        "档案馆会同形成或者移交单位审核，双方意见一致方为成立，须不同单位的两人；来函由一人录入、另一人核对，"
        "沉默从不视为同意。",
        "Archive and creating or transferring unit review together: two persons of two bodies agree; a stamped letter "
        "entered by one and checked by another counts, silence never does.",
        (
            _REVIEW + "sign_batch",
            _DOMAIN + "batches.Batch.require_signable",
            _DOMAIN + "batches.Batch.published",
            _DOMAIN + "opinions.UnitLetter.checked",
        ),
    ),
    Rule(
        "O5",
        articles(Law.R, 30),
        "creator-gone",
        Effect.SIGN_ALONE,
        "形成单位已撤销的，由承继单位或者现行使其职能的单位审核；均无的（两人证明），由档案馆两人审核，"
        "并注明“由档案馆单独审核”。",
        "Where the creating unit is gone, its successor or the body that now has the function reviews; where none "
        "exists, which two people attest, two of the archive do, and the entry says 由档案馆单独审核.",
        (
            _DOMAIN + "batches.Batch.require_signable",
            _DOMAIN + "fonds_history.asked_unit",
            _DOMAIN + "intake_rules.intake",
        ),
    ),
    Rule(
        "O6",
        articles(Law.M, 14),
        "opinions-differ",
        Effect.HOLD,
        "双方意见不一致的，暂缓处理，交由档案主管部门建立的协调机制。",
        "Where opinions differ the record is held for the mechanism that the authority set up.",
        (_DOMAIN + "lines.Line.objected", _DOMAIN + "opinions.Disagreement.settled"),
    ),
)
