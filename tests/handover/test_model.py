"""Our entities for a partner's developers: every example keeps every law, every word is there."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from workbench.canonical import ENTITIES, TRANSITIONS, Availability, Catalog, Order
from workbench.canonical.invariants import check, check_due_time, check_selection
from workbench.cli.commands import main
from workbench.handover.examples import Example, find_examples, load_examples
from workbench.handover.guide import Guide, write_guide, write_guide_markdown
from workbench.handover.phrases import load_words
from workbench.handover.schema import WHOLES, entity_schema, load_laws, model_schema
from workbench.handover.versions import latest_version, list_steps, load_versions
from workbench.handover.wish import describe_wish
from workbench.partners import load_catalogue
from workbench.reporting import list_machines
from workbench.reporting.language import list_languages

from .fields import list_fields

EVERY = [
    pytest.param(item, id=f"{name}-{n}")
    for name in ENTITIES
    for n, item in enumerate(find_examples(name))
]
LANGUAGES = list_languages()


@pytest.mark.parametrize("example", EVERY)
def test_every_example_obeys_its_schema_and_every_law(example: Example) -> None:
    """Whole examples and parts alike: JSON Schema 2020-12, our own reader, and the laws."""
    schema = entity_schema(example.entity)
    Draft202012Validator.check_schema(schema)
    assert [item.message for item in Draft202012Validator(schema).iter_errors(example.value)] == []
    assert check(example.build()) == ()


def test_orders_fit_the_catalogue_and_the_hours() -> None:
    """What is ordered can be chosen there, and is due while the restaurant is open."""
    made = [item.build() for item in load_examples()]
    catalogue = next(item for item in made if isinstance(item, Catalog))
    hours = next(item for item in made if isinstance(item, Availability))
    orders = [item for item in made if isinstance(item, Order)]
    assert len(orders) >= 6
    for order in orders:
        assert check_selection(order, catalogue) == ()
        assert check_due_time(order, hours) == ()


def test_the_schema_refuses_what_our_reader_refuses() -> None:
    """A missing field, an unknown one and a wrong type are no order for either."""
    value = next(item.value for item in load_examples() if item.entity == "Order")
    validator = Draft202012Validator(entity_schema("Order"))
    for broken in (
        {key: part for key, part in value.items() if key != "totals"},
        value | {"colour": "red"},
        value | {"party_size": "three"},
        value | {"totals": {"total": {"amount_minor": 1.5, "currency": "EUR"}}},
    ):
        assert not validator.is_valid(broken)
        with pytest.raises(ValueError, match="validation error"):
            Order.model_validate(broken)


def test_a_new_word_of_a_partner_is_no_error() -> None:
    """Lists of words are open: the schema takes what our reader keeps."""
    value = {"order_id": "o1", "status": "on-hold"}
    assert Draft202012Validator(entity_schema("OrderStatusUpdate")).is_valid(value)
    assert ENTITIES["OrderStatusUpdate"].model_validate(value)


@pytest.mark.parametrize("name", list(ENTITIES))
def test_every_entity_has_an_example(name: str) -> None:
    """Each entity is shown at least once, alone or inside another."""
    assert find_examples(name)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_field_and_law_has_its_words(code: str) -> None:
    """No entity, field, law or example lacks a word, and none is left over."""
    words = load_words(code).messages
    fields = {f"{name}.{field}" for name, kind in ENTITIES.items() for field in kind.model_fields}
    told = {key.removeprefix("fields.") for key in words if key.startswith("fields.")}
    assert {name for name in fields if {name, name.split(".")[1]}.isdisjoint(told)} == set()
    assert {name for name in told if "." in name} <= fields
    assert {key.split(".")[1] for key in words if key.startswith("laws.")} == set(load_laws())
    assert {key.split(".")[1] for key in words if key.startswith("examples.")} == {
        item.slug for item in load_examples()
    }
    named = {key.split(".")[1] for key in words if key.startswith("entities.")}
    assert named == set(ENTITIES)


def test_every_law_of_the_code_is_told() -> None:
    """The laws on the page are those of the invariants; each binds fields that exist."""
    folder = files("workbench.canonical").joinpath("invariants")
    texts = [item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".py")]
    assert set(re.findall(r"INV-[A-Z]\d", "".join(texts))) == set(load_laws())
    for names in load_laws().values():
        for name in names:
            entity, field = name.split(".")
            assert field in ENTITIES[entity].model_fields


def test_pictures_show_only_what_the_machines_allow() -> None:
    """Every arrow is a legal step, every status has its place, and the table lists all steps."""
    assert {machine.name for machine in list_machines()} == {kind.__name__ for kind in TRANSITIONS}
    for machine in list_machines():
        assert {node.name for node in machine.nodes} == set(machine.table)
        assert len({(node.x, node.y) for node in machine.nodes}) == len(machine.table)
        for start, end in machine.steps:
            assert end in machine.table[start]
        kind = next(item for item in TRANSITIONS if item.__name__ == machine.name)
        for status in kind:
            after = {str(item) for item in TRANSITIONS[kind].get(status, ())}
            assert set(machine.table[str(status)]) == after


def test_the_latest_version_is_what_the_code_has() -> None:
    """A change of an entity asks for a new file in `handover/versions`, so that it is told."""
    assert load_versions()[latest_version()] == list_fields()
    assert any(change.name == "Money.finer" for step in list_steps() for change in step.changes)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_and_the_markdown_tell_the_same(code: str) -> None:
    """Each entity, each of its fields and each law stands in both, in every language."""
    page, text = write_guide(code), write_guide_markdown(code)
    for item in Guide(code).entities:
        assert f'id="{item.name}"' in page
        for row in item.fields:
            assert f"<code>{row.name}</code>" in page
            assert f"`{row.name}`" in text
    for law in load_laws():
        assert f'id="{law}"' in page
        assert f"**{law}**" in text
    assert "<script" not in page
    assert text.count("```mermaid") == 3
    assert "&#" not in text.replace("&#39;", "")


def test_one_entity_is_shown_with_its_parts() -> None:
    """`model option` shows the option and what stands in it, and nothing of orders."""
    names = [item.name for item in Guide("en", "Option").entities]
    assert names == ["Option", "Ids", "Money"]
    assert Guide("en", "Option").machines == ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_wish_list_is_openapi_that_says_it_all(code: str) -> None:
    """It is valid OpenAPI 3.1, and has a place for each service and event of the catalogue."""
    wish = describe_wish(code)
    validate_openapi(wish)
    ids = {
        operation["operationId"]
        for item in (*wish["paths"].values(), *wish["webhooks"].values())
        for method, operation in item.items()
        if method != "parameters"
    }
    wanted = {feature.slug for feature in load_catalogue().bindable()}
    assert {slug for slug in wanted if not any(name.startswith(slug) for name in ids)} == set()
    assert set(WHOLES) - {"Restaurant"} <= set(wish["components"]["schemas"])


def test_examples_in_the_wish_list_obey_its_own_schemas() -> None:
    """What a platform copies from it is right by the schema that stands beside it."""
    wish = describe_wish()
    checked = 0
    for media in find_media(wish):
        schema = {"$ref": "#/wanted", "wanted": media["schema"], "components": wish["components"]}
        for example in media.get("examples", {}).values():
            Draft202012Validator(schema).validate(example["value"])
            checked += 1
    assert checked > 40


def find_media(value: Any) -> list[dict[str, Any]]:
    """Every media type of a description."""
    if isinstance(value, list):
        return [media for item in value for media in find_media(item)]
    if not isinstance(value, dict):
        return []
    own = list(value["content"].values()) if isinstance(value.get("content"), dict) else []
    return own + [media for item in value.values() for media in find_media(item)]


def test_our_own_reader_binds_the_wish_list(tmp_path: Any) -> None:
    """`suggest` finds the service or event of nearly every feature in it, at the right place."""
    path = tmp_path / "wish.json"
    path.write_text(json.dumps(describe_wish()), "utf-8")
    result = CliRunner().invoke(main, ["suggest", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)["features"]
    proposed = {
        slug for slug, items in found.items() if any(item.get("proposed") for item in items)
    }
    wanted = {feature.slug for feature in load_catalogue().bindable()}
    assert len(wanted - proposed) <= 1


@pytest.mark.parametrize("form", ["html", "markdown", "json-schema", "openapi"])
def test_the_command_writes_every_form(form: str, tmp_path: Any) -> None:
    """Printed and written are the same text."""
    printed = CliRunner().invoke(main, ["model", "--as", form, "--language", "es"])
    assert printed.exit_code == 0, printed.output
    target = tmp_path / "model.txt"
    written = CliRunner().invoke(
        main, ["model", "--as", form, "--language", "es", "--output", str(target)]
    )
    assert written.exit_code == 0
    assert target.read_text("utf-8").strip() == printed.output.strip()


def test_the_command_gives_schema_and_examples_as_json() -> None:
    """`--json` prints the schema and the examples, however the name is written."""
    result = CliRunner().invoke(main, ["model", "option-category", "--json"])
    told = json.loads(result.output)
    assert told["schema"]["$id"] == "urn:workbench:model:OptionCategory"
    assert told["examples"]["OptionCategory"]
    assert model_schema()["$schema"].endswith("2020-12/schema")


def test_an_unknown_entity_is_told() -> None:
    """The error names the entities that there are."""
    result = CliRunner().invoke(main, ["model", "pizza"])
    assert result.exit_code == 2
    assert "We have no entity 'pizza'" in result.output
    assert "OptionCategory" in result.output
