"""Rows T1, P1, U1, U2, X1 and C1: before the transfer, publishing text, use, delivery abroad, complaints."""

from services.catalog.domain.rules.articles import Article, Law, articles
from services.catalog.domain.rules.rule import Effect, Rule

USE_RULES = (
    Rule(
        "T1",
        (Article(Law.L, 15), Article(Law.R, 20)),
        "before-transfer-date",
        Effect.SEND_TO_PRODUCER,
        "提前移交的档案，在法定移交日期之前，政府信息公开申请由形成单位办理。",
        "Until the day records handed in early were due for transfer, the producer answers requests for disclosure.",
        ("services.catalog.domain.rules.terms.disclosure_is_producers",),
    ),
    Rule(
        "P1",
        (Article(Law.L, 32), *articles(Law.R, 35, 36)),
        "text-on-the-web",
        Effect.DECIDE_TEXT,
        "在网络公布档案原文是另一项决定，由有权的档案馆作出；寄存的档案须依约定或者经所有者同意。",
        "Publishing the text is a decision of its own, by the archive that may; for deposited records as agreed, or "
        "with the owner's consent.",
        (
            "services.catalog.domain.texts.require_open",
            "services.catalog.domain.verdicts.Verdict.require_sound",
        ),
    ),
    Rule(
        "U1",
        articles(Law.L, 28),
        "open",
        Effect.SERVE,
        "已开放的档案，任何人持合法证明均可利用。",
        "Open records are for anyone with a lawful proof.",
    ),
    Rule(
        "U2",
        (Article(Law.L, 29), Article(Law.R, 34)),
        "unopened",
        Effect.ASK_CONSENT,
        "未开放的档案，须经保管馆同意，必要时征得形成单位同意，并限于所述用途。",
        "Unopened records need the consent of the holding archive, if need be of the creator, and a stated purpose.",
    ),
    Rule(
        "X1",
        (Article(Law.L, 25), Article(Law.R, 27)),
        "delivery-abroad",
        Effect.STOP_DELIVERY,
        "向境外提供的，取得批准文号之前停止。",
        "Delivery abroad stops until there is an approval number.",
    ),
    Rule(
        "C1",
        articles(Law.L, 28),
        "complaint",
        Effect.PASS_TO_AUTHORITY,
        "投诉由同级档案主管部门处理并答复；期限依设定。",
        "Complaints go to the authority of the same level, which answers; the clock is a setting.",
    ),
)
