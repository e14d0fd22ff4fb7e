"""Names that tell of a secret, and names that only look as if."""

from __future__ import annotations

import re

import pytest

from workbench.secrecy import is_secret_name

SECRET = re.split(
    r"\s+",
    """Authorization Proxy-Authorization Cookie Set-Cookie X-Api-Key api_key apiKey apikey
APIKEY access_token accessToken accesstoken refresh_token id_token client_secret clientSecret
ClientSecret clientsecret secret SECRET webhook_secret password passwd userPassword PASSWORD pwd
db_pass credentials token X-Auth-Token session_id sessionid JSESSIONID PHPSESSID sid csrf_token
private_key signing_key Ocp-Apim-Subscription-Key x-functions-key auth contraseña Passwort
mot_de_passe senha second_client_secret expired_token forward_secret bearer secretKey
AWS_SECRET_ACCESS_KEY auth_key hasło şifre token_value passphrase jwt token1 oauth_token APIToken
shared_secret password_confirmation newPassword webhook-key""",
)
PLAIN = re.split(
    r"\s+",
    """token_type token_url tokenUrl expires_in token_expires_in page_token nextPageToken
continuation_token Idempotency-Key public_key key partition_key name order_id status keyboard
monkey secretary passenger passport pass_count compass passed tokenized tokenization author
authority keys client_id password_policy api_key_id secret_name turkey passages session sessions
object_key sort_key authenticated requires_auth has_password cookie_policy auth_type authScheme
tokens_used""",
)


@pytest.mark.parametrize("name", SECRET)
def test_a_name_of_a_secret_is_known(name: str) -> None:
    """Case, signs, glue and language of a name do not hide that it is a secret's."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_beside_secrets_is_left_alone(name: str) -> None:
    """What describes a secret, opens nothing, or only sounds alike is no secret."""
    assert not is_secret_name(name)


def test_a_bare_key_is_a_secret_as_a_parameter_only() -> None:
    """`?key=` is an API key; the member `key` of an object is half of a pair."""
    assert is_secret_name("key", parameter=True)
    assert not is_secret_name("key")


def test_signatures_count_when_asked_for() -> None:
    """A signature proves one message; in a stored address or sample it is left out as well."""
    for name in ("X-Hub-Signature-256", "sig", "X-Amz-Signature", "webhook-signature"):
        assert is_secret_name(name, proofs=True)
        assert not is_secret_name(name)
    assert not is_secret_name("signature_algorithm", proofs=True)


def test_a_long_name_costs_no_time() -> None:
    """A hostile name is looked at no further than a name can go."""
    assert not is_secret_name("a_" * 1_000_000 + "secret")
