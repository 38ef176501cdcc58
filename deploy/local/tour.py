"""What the supervisor says at the end: where the site is, who may sign in, and what to try first."""

import tomllib

from deploy.local.keys import secret
from deploy.local.layout import Layout

_SHOWN = {  # username → what to try with it
    "citizen": "a person of Guizhou with a checked proof: asks for copies",
    "citizen-new": "a person without proof: may search, may not ask yet",
    "js-clerk": "Changshu Archives, desk: imports, answers requests",
    "js-reviewer": "Changshu Archives, opening review: first signature",
    "js-unit3": "Changshu education bureau, creating unit: second signature",
    "js-director": "Changshu Archives, head: publishes, retracts",
    "regulator": "supervision: reads and verifies the audit trail",
}

_TEXT = """
Tongdang 通档 runs at  {portal}

Sign in with one of these; the password of all is  {password}
{logins}
(gz-… and hb-… are the same officers in Guizhou and Hebei.)

A tour of five minutes
  1. Search for 救济, 救濟 or jiuji without signing in; open a record of Changshu.
  2. Sign in as citizen and ask for a certified copy of it.
  3. Sign in as js-clerk in another browser window: accept the request, attach a scan (PDF), deliver.
  4. As citizen, watch the states change, download the copy, follow its QR code to the verify page.
  5. As js-reviewer, js-unit3 and js-director: gather a batch of 常熟市教育局, sign it on both sides,
     publish it, find it by a search for 学校.
  6. As regulator, give the request's number: read its whole trail. Then check the log yourself:
     {verify}

Logs: {logs}    Ctrl-C stops everything; what you did is kept. `make reset` clears it.
"""


def text(layout: Layout) -> str:
    """The final message."""
    return _TEXT.format(
        portal=layout.portal_url,
        password=secret(layout, "people"),
        logins=logins(tomllib.loads((layout.etc / "people.toml").read_text(encoding="utf-8"))),
        verify=f"bin/tongdang-verify --url {layout.log_url} --key {layout.etc / 'audit-log.vkey'}"
        f" --witness {layout.etc / 'witnesses'}",
        logs=layout.logs,
    )


def logins(people: dict[str, list[dict[str, str]]]) -> str:
    """One line for each shown person."""
    names = {person["username"]: person["name"] for person in people["people"]}
    return "\n".join(f"  {user:<12} {names[user]}  {what}" for user, what in _SHOWN.items())
