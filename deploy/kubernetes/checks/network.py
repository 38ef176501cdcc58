"""The policies let through exactly the edges of the architecture.

Not read as they were written: for every two pods and every port that anybody listens on, both ends are asked, as a
network plugin would.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.kubernetes.checks.kafka import codes
from deploy.kubernetes.checks.objects import name_of, of_kind, spoken
from deploy.kubernetes.document import Document
from deploy.kubernetes.edges import NAMESPACE_NAME, PARTIES, Party, edges
from deploy.kubernetes.zones import inner

_NOWHERE = "elsewhere"
API = "kubernetes-api"


@dataclass(frozen=True)
class Place:
    """A party in one namespace; a province's stands in each province's."""

    party: Party
    namespace: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.party.name}"


def check(objects: Sequence[Document]) -> list[str]:
    """`a/b → c/d:8443 is open, and no edge` or `… is an edge, and closed`."""
    return [*_undenied(objects), *_unpoliced(objects), *_wrong(objects)]


def _wrong(objects: Sequence[Document]) -> Iterator[str]:
    namespaces = {one["metadata"]["name"]: _labels_of(one) for one in of_kind(objects, "Namespace")}
    policies = list(of_kind(objects, "NetworkPolicy"))
    places = _places(namespaces, codes(objects))
    ports = sorted({edge.port for edge in edges()})
    allowed = {(edge.source, edge.target, edge.port) for edge in edges()}
    for source in places:
        for target in places:
            if not (source.party.ours or target.party.ours) or target.party.name == API:
                continue
            for port in ports:
                expected = (source.party.name, target.party.name, port) in allowed and _may_meet(source, target)
                found = _open(policies, namespaces, source, target, port)
                if expected != found:
                    how = "is open, and no edge" if found else "is an edge, and closed"
                    yield f"{source} → {target}:{port} {how}"


def _may_meet(source: Place, target: Place) -> bool:
    """A province's own parties meet within it alone."""
    both_provincial = source.party.ours and target.party.ours and not source.party.namespace + target.party.namespace
    return source.namespace == target.namespace if both_provincial else True


def _places(namespaces: Mapping[str, Mapping[str, str]], provinces: Sequence[str]) -> list[Place]:
    found = []
    for party in PARTIES.values():
        if not party.ours:
            found.append(Place(party, _NOWHERE))
        elif party.namespace:
            found += [Place(party, party.namespace)] if party.namespace in namespaces else []
        else:
            found += [Place(party, inner(code)) for code in provinces]
    return found


def _open(
    policies: Sequence[Document],
    namespaces: Mapping[str, Mapping[str, str]],
    source: Place,
    target: Place,
    port: int,
) -> bool:
    def passes(place: Place, other: Place, direction: str, end: str) -> bool:
        own = [one for one in policies if _selects(one, place)]
        rules = [rule for one in own for rule in one["spec"].get(direction, ())]
        labels = {**namespaces.get(other.namespace, {}), **other.party.namespace_labels}
        return any(_admits(rule, end, place, other, labels, port) for rule in rules)

    leaves = not source.party.ours or passes(source, target, "egress", "to")
    enters = not target.party.ours or passes(target, source, "ingress", "from")
    return leaves and enters


def _selects(policy: Document, place: Place) -> bool:
    namespace, _ = name_of(policy)
    return namespace == place.namespace and _matches(policy["spec"]["podSelector"], place.party.pod_labels)


def _admits(rule: Document, end: str, place: Place, other: Place, labels: Mapping[str, str], port: int) -> bool:
    if end not in rule:  # anybody: the way to the cluster's own interface, which no selector reaches
        return other.party.name == API or not _only_api(rule)
    if port not in [row["port"] for row in rule.get("ports", ())]:
        return False
    for peer in rule[end]:
        here = "namespaceSelector" not in peer
        if here and other.namespace != place.namespace:
            continue
        if not here and not _matches(peer["namespaceSelector"], labels):
            continue
        if _matches(peer.get("podSelector", {}), other.party.pod_labels):
            return True
    return False


def _only_api(rule: Document) -> bool:
    return {row["port"] for row in rule.get("ports", ())} <= {443, 6443} and bool(rule.get("ports"))


def _matches(selector: Document, labels: Mapping[str, str]) -> bool:
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def _labels_of(namespace: Document) -> dict[str, str]:
    return {**namespace["metadata"].get("labels", {}), NAMESPACE_NAME: namespace["metadata"]["name"]}


def _undenied(objects: Sequence[Document]) -> Iterator[str]:
    """A namespace whose pods may do what no policy speaks of."""
    denied = {
        name_of(one)[0]
        for one in of_kind(objects, "NetworkPolicy")
        if one["spec"]["podSelector"] == {}
        and set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not one["spec"].get("ingress")
        and not one["spec"].get("egress")
    }
    return (f"{spoken(one)}: nothing is denied" for one in of_kind(objects, "Namespace")
            if one["metadata"]["name"] not in denied)  # fmt: skip


def _unpoliced(objects: Sequence[Document]) -> Iterator[str]:
    """A listener that Strimzi would open to everybody."""
    for kafka in of_kind(objects, "Kafka"):
        for listener in kafka["spec"]["kafka"]["listeners"]:
            wanted = {edge.source for edge in edges() if edge.target == "kafka" and edge.port == listener["port"]}
            peers = listener.get("networkPolicyPeers", [])
            if len(peers) != len(wanted):
                found = len(peers) or "all"
                yield f"{spoken(kafka)}: listener {listener['name']} is open to {found}, not {len(wanted)}"
