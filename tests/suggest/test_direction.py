"""Who sends a request."""

from collections.abc import Callable

import pytest

from workbench.model.description import ApiDescription
from workbench.suggest import judge_directions

Read = Callable[..., ApiDescription]


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Returns the order. Hosted by: POS", "inbound"),
        ("| **Hosted by** | Marketplace |\n|---|---|", "outbound"),
        ("```flow\nfrom: Marketplace\nto: Restaurant\n```", "inbound"),
        ("Called by the point of sale when the kitchen starts.", "outbound"),
        ("This webhook will be sent to your endpoint.", "inbound"),
        ("Llamado por: la plataforma", "inbound"),
        ("Updates the order.", "outbound"),
    ],
)
def test_words_about_the_parties(read: Read, text: str, direction: str) -> None:
    """Labels and prose that name a party decide."""
    table = {"POST /orders/{id}/events": {"summary": "Order", "description": text}}
    assert judge_directions(read(table))["POST /orders/{id}/events"] == direction


def test_brand_in_the_title_is_the_other_side(read: Read) -> None:
    """A name that the title has and the dictionary has not is the partner's."""
    description = "Called by Zumbar to the POS when guests sit down."
    described = read({"POST /orders": {"description": description}})
    document = described.documents[0].model_copy(update={"title": "Zumbar POS API"})
    renamed = described.model_copy(update={"documents": (document,)})
    assert judge_directions(renamed)["POST /orders"] == "inbound"


def test_webhook_hosted_by_the_partner_is_outbound(read: Read) -> None:
    """What a document calls a webhook may be ours to call."""
    table = {"webhook:menuUpdated": {"description": "HOST: **MARKETPLACE**"}}
    assert judge_directions(read(table)) == {"webhook:menuUpdated": "outbound"}


def test_document_that_we_have_to_implement(read: Read) -> None:
    """A preface may turn a whole document around."""
    about = "These endpoints must be implemented by the POS."
    assert judge_directions(read({"POST /orders": {}}, about=about)) == {"POST /orders": "inbound"}


def test_webhook_as_a_prefix_of_their_own_api(read: Read) -> None:
    """Below a webhook address nothing is read or deleted, so this is an ordinary API."""
    table = {
        "PUT /webhook/stores/{id}/closing": {"summary": "Close"},
        "GET /webhook/stores/{id}/closing": {"summary": "Read closing"},
    }
    assert set(judge_directions(read(table)).values()) == {"outbound"}
