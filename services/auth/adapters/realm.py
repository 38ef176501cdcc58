"""Brings a Keycloak realm to what `realm_table.py` says; again and again without harm.

Import at start skips a realm that exists, so changes go through here (DESIGN §12).
"""

import secrets
import tomllib
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError, KeycloakPostError

from services.auth.adapters.realm_table import PROFILE, REALM, ROLES, portal_client, tools_client
from services.auth.application.names import Officer
from services.auth.settings import AuthSettings
from services.common.domain.errors import Unavailable
from services.common.settings import read_secret


def apply_realm(settings: AuthSettings) -> list[Officer]:
    """Applies realm, profile, roles, clients and sample people; returns the officers there are.

    An existing person keeps password and pseudonym.
    Raises: Unavailable: Keycloak refused or is down.
    """
    try:
        return _again_where_it_exists(partial(_apply, settings))
    except KeycloakError as problem:
        raise Unavailable(f"keycloak: {type(problem).__name__} {problem.response_code}") from problem


def _again_where_it_exists(apply: Callable[[], list[Officer]]) -> list[Officer]:
    """The client repeats a request whose answer was lost, and is told that what it creates is there: look once more."""
    try:
        return apply()
    except KeycloakPostError as problem:
        if problem.response_code != HTTPStatus.CONFLICT:
            raise
        return apply()


def _apply(settings: AuthSettings) -> list[Officer]:
    keycloak, realm = settings.keycloak, settings.keycloak.realm
    admin = KeycloakAdmin(
        server_url=keycloak.url,
        username=keycloak.admin_user,
        password=read_secret(keycloak.admin_password_file),
        realm_name=realm,
        user_realm_name="master",
        timeout=30,
    )
    if realm in {known["realm"] for known in admin.get_realms()}:
        admin.update_realm(realm, {"realm": realm, **REALM})
    else:
        admin.create_realm({"realm": realm, **REALM})
    admin.update_realm_users_profile(PROFILE)
    known_roles = {role["name"] for role in admin.get_realm_roles()}
    for role in set(ROLES) - known_roles:
        admin.create_realm_role({"name": role})
    secret = read_secret(settings.portal.client_secret_file)
    _ensure_client(admin, portal_client(settings.portal.public_url, secret))
    people = settings.people
    if people.file and people.password_file:
        _ensure_client(admin, tools_client())
        _ensure_people(admin, realm, people.file, read_secret(people.password_file))
    return _officers(admin)


def _ensure_client(admin: KeycloakAdmin, client: dict[str, Any]) -> None:
    known = admin.get_client_id(client["clientId"])
    if known is None:
        admin.create_client(client)
    else:
        admin.update_client(known, {key: value for key, value in client.items() if key != "protocolMappers"})


def _ensure_people(admin: KeycloakAdmin, realm: str, file: Path, password: str) -> None:
    """Creates who is missing; `SKIP` leaves everybody else as they are."""
    known = {user["username"] for user in admin.get_users({"max": 5000, "briefRepresentation": True})}
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["people"]
    missing = [_user(row, password) for row in rows if row["username"] not in known]
    if missing:
        admin.partial_import_realm(realm, {"ifResourceExists": "SKIP", "users": missing})


def _user(row: dict[str, Any], password: str) -> dict[str, Any]:
    given = {name: [row[name]] for name in ("region_id", "archive_id", "unit_id", "proof") if row.get(name)}
    return {
        "username": row["username"],
        "enabled": True,
        "firstName": row["name"],
        "attributes": {
            **given,
            "pseudonym": [secrets.token_hex(16)],
            "scope_regions": row.get("scope_regions", []),
        },
        "realmRoles": row["roles"],
        "credentials": [{"type": "password", "value": password, "temporary": False}],
    }


def _officers(admin: KeycloakAdmin) -> list[Officer]:
    officers = []
    for role in ROLES:
        if role == "citizen":
            continue
        for user in admin.get_realm_role_members(role, {"max": 5000, "briefRepresentation": False}):
            pseudonym = (user.get("attributes") or {}).get("pseudonym", [""])[0]
            if pseudonym:
                officers.append(Officer(pseudonym, user.get("firstName", ""), role))
    return officers
