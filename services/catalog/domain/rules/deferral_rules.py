"""Rows D1-D6: grounds for opening later, and what a deferral asks for."""

from services.catalog.domain.rules.articles import Article, Law, articles
from services.catalog.domain.rules.rule import Effect, Rule

_DOMAIN = "services.catalog.domain."
_APPLICATION = "services.catalog.application."
_JUDGED = (
    _APPLICATION + "lines.decide_lines",
    _APPLICATION + "review.retract_record",
    _DOMAIN + "verdicts.Verdict.require_sound",
    _DOMAIN + "suggestions.suggest",
)

DEFERRAL_RULES = (
    Rule(
        "D1",
        (Article(Law.M, 8, 2),),
        "security-or-stability",
        Effect.DEFER,
        "涉及国家和社会重大利益，开放可能危及国家安全或者社会稳定的，延期开放。",
        "Major interests are touched and opening may endanger security or stability: deferred.",
        _JUDGED,
    ),
    Rule(
        "D2",
        (Article(Law.M, 8, 3),),
        "property-persons-third-parties",
        Effect.DEFER,
        "涉及知识产权、个人信息，开放会损害第三方合法权益的，延期开放，或者遮盖后开放。",
        "Intellectual property or personal information is touched and third parties would be harmed: deferred, or "
        "opened with that part masked.",
        (*_JUDGED, _DOMAIN + "personal_data.personal_data"),
    ),
    Rule(
        "D3",
        (Article(Law.M, 8, 4), Article(Law.L, 31)),
        "other-law-or-donor",
        Effect.DEFER,
        "其他法律法规限制的，或者捐赠、寄存者提出限制的，延期开放，并写明依据。",
        "Another law restricts it, or its donor or depositor does: deferred, with that source named.",
        _JUDGED,
    ),
    Rule(
        "D4",
        (Article(Law.R, 31), Article(Law.M, 15)),
        "deferred-past-eligible-day",
        Effect.REQUIRE_CONSENT,
        "满二十五年仍延期的，须经同级档案主管部门同意，记录文号和日期；否则列入主管部门的逾期清单。",
        "A deferral past the day on which the record could open needs the consent of the authority of the same level, "
        "by number and date; else it stands on the authority's overdue list.",
        (
            _DOMAIN + "rules.terms.consent_required",
            _DOMAIN + "deferrals.Deferral.overdue",
            _DOMAIN + "consents.Consent.checked",
        ),
    ),
    Rule(
        "D5",
        articles(Law.M, 17),
        "deferred",
        Effect.RE_EVALUATE,
        "延期开放的档案定期重新评估；年数由各省设定。",
        "What is deferred is evaluated again at regular intervals; how many years is the province's setting.",
        (_DOMAIN + "rules.terms.re_evaluate_on", _DOMAIN + "deferrals.Deferral.due"),
    ),
    Rule(
        "D6",
        (Article(Law.R, 31), Article(Law.M, 15)),
        "personal-series-past-term",
        Effect.DEFER_SERIES,
        "满二十五年的民生档案，按全宗、类别、年度整组延期，一次取得同意；“控制”本身不是法定理由。",
        "Personal series past 25 years are deferred as a series (fonds, category, years) with one consent; being "
        "controlled is no ground in law.",
        (
            _DOMAIN + "intake_rules.personal_series",
            _DOMAIN + "suggestions.suggest",
            _DOMAIN + "series.Series.signed",
        ),
    ),
)
