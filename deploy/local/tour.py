"""What the supervisor says at the end: where the site is, who may sign in, and what to try first."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.local.keys import secret
from deploy.local.layout import Layout
from deploy.provinces.catalogue import Province, Sample, load, people_of

_TEXT = """
Tongdang 通档 runs at  {portal}

Sign in with one of these; the password of all is  {password}
{logins}
{others}{tour}
Logs: {logs}    Ctrl-C stops everything; what you did is kept. `make reset` clears it.
"""
_TOUR = """
A tour of five minutes
  1. Search for 救济, 救濟 or jiuji without signing in; open a record of {archive}.
  2. Sign in as citizen and ask for a certified copy of it.
  3. Sign in as {prefix}-clerk in another browser window: accept the request, attach a scan (PDF), deliver.
  4. As citizen, watch the states change, download the copy, follow its QR code to the verify page.
  5. As {prefix}-reviewer, {officer} and {prefix}-director: gather a batch of {unit}, decide it by groups
     or by keys, tick its secrecy review, freeze it, sign it on both sides, publish it, find its titles by a search.
  6. As regulator, give the request's number: read its whole trail. Then check the log yourself:
     {verify}
"""
_CENTRAL = (
    ("citizen", "a person of Guizhou with a checked proof: asks for copies"),
    ("citizen-new", "a person without proof: may search, may not ask yet"),
    ("regulator", "supervision: reads and verifies the audit trail"),
)
"""Username, and what to try with it."""


@dataclass(frozen=True)
class Stop:
    """Where a tour leads: an archive with samples, and the creating unit whose records are still to be reviewed."""

    archive: str
    prefix: str
    officer: str
    unit: str

    @classmethod
    def of(cls, province: Province, sample: Sample) -> "Stop":
        """The officer is the last whose unit the samples leave out, else the last of all."""
        archive = next(archive for archive in province.archives if archive.archive_id == sample.archive_id)
        units = {unit.unit_id: unit.name for unit in archive.units}
        officers = [person for person in province.people if person.get("unit_id") in units]
        left = [officer for officer in officers if officer["unit_id"] not in sample.unit_officers] or officers
        return cls(archive.name_en, sample.people, left[-1]["username"], units[left[-1]["unit_id"]])

    @property
    def logins(self) -> Sequence[tuple[str, str]]:
        """Its officers, as `_CENTRAL`."""
        return (
            (f"{self.prefix}-clerk", f"{self.archive}, desk: imports, answers requests"),
            (f"{self.prefix}-reviewer", f"{self.archive}, opening review: first signature"),
            (self.officer, f"{self.unit}, creating unit: second signature"),
            (f"{self.prefix}-director", f"{self.archive}, head: publishes, retracts"),
        )


def text(layout: Layout) -> str:
    """The final message; the tour leads through the first province that has samples and runs."""
    running = [load(code) for code in layout.regions if code not in layout.members.left_out]
    sampled = [(province, province.sample) for province in running if province.sample]
    stops = [Stop.of(*one) for one in sampled[:1]]
    names = {person["username"]: person["name"] for person in people_of(layout.regions)}
    shown = [*_CENTRAL, *(login for stop in stops for login in stop.logins)]
    return _TEXT.format(
        portal=layout.portal_url,
        password=secret(layout, "people"),
        logins="\n".join(f"  {user:<12} {names[user]}  {what}" for user, what in shown),
        others="".join(f"({sample.people}-…: the same in {one.name_en})\n" for one, sample in sampled[1:]),
        tour="".join(_TOUR.format(**vars(stop), verify=_verify(layout)) for stop in stops),
        logs=layout.logs,
    )


def _verify(layout: Layout) -> str:
    key, witnesses = layout.etc / "audit-log.vkey", layout.etc / "witnesses"
    return f"bin/tongdang-verify --url {layout.log_url} --key {key} --witness {witnesses}"
