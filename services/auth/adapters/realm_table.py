"""The Keycloak realm as data: settings, attributes, roles, clients, claims. `realm.py` applies it."""

from typing import Any

ROLES = ("citizen", "clerk", "reviewer", "director", "unit_officer", "regulator")
ATTRIBUTES = ("pseudonym", "region_id", "archive_id", "unit_id", "scope_regions", "proof")
"""Our own user attributes; only administrators see or change them. What the profile does not name vanishes."""

AUDIENCE = "tongdang"

REALM: dict[str, Any] = {
    "enabled": True,
    "displayName": "通档 Tongdang",
    "registrationAllowed": False,
    "loginWithEmailAllowed": False,
    "resetPasswordAllowed": False,
    "rememberMe": False,
    "sslRequired": "external",
    "internationalizationEnabled": True,
    "supportedLocales": ["zh-CN", "en"],
    "defaultLocale": "zh-CN",
    "accessTokenLifespan": 300,
    "ssoSessionIdleTimeout": 1800,
    "ssoSessionMaxLifespan": 36000,
    "bruteForceProtected": True,
    "failureFactor": 10,
    "passwordPolicy": "length(12)",
    "defaultSignatureAlgorithm": "RS256",
}

_ADMIN_ONLY = {"view": ["admin"], "edit": ["admin"]}
PROFILE: dict[str, Any] = {
    "attributes": [
        {
            "name": "username",
            "displayName": "${username}",
            "permissions": {"view": ["admin", "user"], "edit": ["admin"]},
            "validations": {"length": {"min": 3, "max": 64}},
        },
        {
            "name": "email",
            "displayName": "${email}",
            "permissions": {"view": ["admin", "user"], "edit": ["admin", "user"]},
            "validations": {"email": {}},
        },
        {
            "name": "firstName",
            "displayName": "${firstName}",
            "permissions": {"view": ["admin", "user"], "edit": ["admin"]},
            "validations": {"length": {"max": 100}},
        },
        *({"name": name, "permissions": _ADMIN_ONLY, "multivalued": name == "scope_regions"} for name in ATTRIBUTES),
    ],
}


def _attribute(name: str, *, many: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": name,
            "claim.name": name,
            "jsonType.label": "String",
            "multivalued": str(many).lower(),
            "access.token.claim": "true",
            "id.token.claim": "false",
            "userinfo.token.claim": "false",
        },
    }


MAPPERS: list[dict[str, Any]] = [
    {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": AUDIENCE, "access.token.claim": "true", "id.token.claim": "false"},
    },
    {
        "name": "roles",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-realm-role-mapper",
        "config": {
            "claim.name": "roles",
            "jsonType.label": "String",
            "multivalued": "true",
            "access.token.claim": "true",
            "id.token.claim": "true",
        },
    },
    *(_attribute(name, many=name == "scope_regions") for name in ATTRIBUTES),
    {
        "name": "name",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {
            "user.attribute": "firstName",
            "claim.name": "name",
            "jsonType.label": "String",
            "access.token.claim": "false",  # services know pseudonyms only
            "id.token.claim": "true",
            "userinfo.token.claim": "false",
        },
    },
]

_SCOPES = ["basic", "acr"]


def portal_client(public_url: str, secret: str) -> dict[str, Any]:
    """Confidential, authorisation code with PKCE, redirected nowhere but to the portal."""
    return {
        "clientId": "portal",
        "name": "通档门户 Portal",
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "secret": secret,
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "redirectUris": [f"{public_url}/signin/callback"],
        "webOrigins": [],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": f"{public_url}/",
        },
        "defaultClientScopes": _SCOPES,
        "optionalClientScopes": [],
        "fullScopeAllowed": True,
        "protocolMappers": MAPPERS,
    }


def tools_client() -> dict[str, Any]:
    """Password grants for a local stack's samples and tests; made only where sample people are."""
    return {
        "clientId": "local-tools",
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": True,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": True,
        "defaultClientScopes": _SCOPES,
        "optionalClientScopes": [],
        "fullScopeAllowed": True,
        "protocolMappers": MAPPERS,
    }
