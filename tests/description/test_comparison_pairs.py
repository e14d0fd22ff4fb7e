"""Pairs of documents made to differ in one way, by the authors of another tool, where at hand."""

import time
from pathlib import Path

import pytest

from workbench.description import describe
from workbench.description.comparison import compare_descriptions
from workbench.errors import DescriptionError

from .conftest import slowness

PAIRS = Path(__file__).resolve().parents[2].parent / "shared/partner-docs/broken/oasdiff"
LARGE = PAIRS.parents[1] / "large"
needs_pairs = pytest.mark.skipif(
    not PAIRS.is_dir(),
    reason="the pairs of documents (../shared/partner-docs/broken/oasdiff) are not here",
)

# What the names of the files say: pair → changes that must be among those found.
NAMED = {
    "checker/api_security_added": ["breaking security-changed"],
    "checker/api_security_global_added": ["breaking security-changed"],
    "checker/component_security_updated": ["non-breaking security-scheme-added"],
    "checker/exclusive_min_max_set": ["breaking exclusiveminimum-tightened"],
    "checker/nullable_wrap_response": ["breaking became-nullable"],
    "checker/nullable_wrap_narrowed": ["breaking value-removed", "non-breaking became-nullable"],
    "checker/request_body_const_changed": ["breaking value-removed", "non-breaking value-added"],
    "checker/request_body_max_length_set": ["breaking maxlength-tightened"],
    "checker/request_body_max_set": ["breaking maximum-tightened"],
    "checker/request_body_media_type_updated": ["non-breaking media-type-added"],
    "checker/request_body_removed": ["breaking request-body-removed"],
    "checker/request_parameter_array_max_items": ["breaking maxitems-tightened"],
    "checker/request_parameter_became_enum": ["breaking type-changed"],
    "checker/request_parameter_default_value_changed": ["breaking default-changed"],
    "checker/request_parameter_enum_value_updated": ["breaking value-removed"],
    "checker/request_parameter_max_length_updated": ["non-breaking maxlength-loosened"],
    "checker/request_parameter_min_increased": ["breaking minimum-tightened"],
    "checker/request_parameter_min_items_increased": ["breaking minitems-tightened"],
    "checker/request_parameter_property_enum_value_updated": ["breaking value-removed"],
    "checker/request_property_added": ["breaking property-added-required"],
    "checker/request_property_any_of_added": ["non-breaking choice-added"],
    "checker/request_property_any_of_removed": ["breaking choice-removed"],
    "checker/request_property_became_nullable": ["non-breaking became-nullable"],
    "checker/request_property_discriminator_added": ["non-breaking discriminator-changed"],
    "checker/request_property_max_length_set": ["breaking maxlength-tightened"],
    "checker/request_property_min_increased": ["breaking minimum-tightened"],
    "checker/request_property_one_of_added": ["non-breaking choice-added"],
    "checker/request_property_one_of_removed": ["breaking choice-removed"],
    "checker/request_property_one_of_wrapped": ["non-breaking choice-added"],
    "checker/request_property_type_changed": ["breaking type-changed"],
    "checker/response_min_decreased": ["breaking minimum-loosened"],
    "checker/response_optional_property_removed": ["breaking property-removed"],
    "checker/response_property_any_of_added": ["breaking choice-added"],
    "checker/response_property_any_of_removed": ["non-breaking choice-removed"],
    "checker/response_property_became_optional": ["breaking property-became-optional"],
    "checker/response_property_const_changed": ["breaking value-added"],
    "checker/response_property_default_value_changed": ["non-breaking default-changed"],
    "checker/response_property_one_of_wrapped": ["breaking choice-added"],
    "checker/response_required_property_added": ["non-breaking property-added-required"],
    "checker/response_schema_type_changed": ["breaking type-changed"],
    "checker/sub_schema_traversal": ["breaking minlength-tightened", "breaking if-changed"],
    "checker/webhook": ["breaking event-removed", "non-breaking event-added"],
    "checker/webhook_operation": ["non-breaking request-body-became-required"],
    "nullable/base-req": ["breaking became-not-nullable"],
    "nullable/base-body": ["breaking became-nullable"],
    "openapi31-ref-sibling": ["non-breaking field-deprecated"],
    "param-rename/op": ["non-breaking path-variable-renamed"],
    "request-body/base": ["breaking media-type-removed", "breaking type-changed"],
    "required-properties/request-new": ["breaking property-added-required"],
    "required-properties/response-del-required-prop": ["breaking property-removed"],
    "required-properties/write-only-changed": ["breaking property-removed"],
    "servers/baseswagger": ["breaking server-removed", "non-breaking server-added"],
    "type-change/base-response": ["breaking type-changed"],
}
# Rewritten without another meaning: nothing may be called breaking.
HARMLESS = [
    "checker/request_param_scalar_to_array_31",
    "checker/request_property_all_of_annotation_only_added",
    "checker/response_property_all_of_annotation_only_added",
    "header-case/base",
    "param-rename/two",
    "x-of/inline-ref-byte-identical",
    "x-of/inline-to-ref-refactor",
]


def pair(name: str) -> tuple[Path, Path]:
    """The two files of a pair; a missing one fails the test."""
    folder, _, stem = name.rpartition("/")
    inside = PAIRS / folder
    for old in sorted(inside.iterdir()):
        if "base" in old.name and old.stem in {stem, f"{stem}_base", f"{stem}-base"}:
            new = inside / old.name.replace("base", "revision")
            if new.is_file():
                return old, new
    pytest.fail(f"there is no pair {name}")


def all_pairs() -> list[tuple[Path, Path]]:
    """Every pair that the file names tell."""
    found = []
    for old in sorted(PAIRS.rglob("*base*.*")):
        for words in ("revision", "rev"):
            new = old.with_name(old.name.replace("base", words))
            if new.is_file():
                found.append((old, new))
                break
    return found


@needs_pairs
@pytest.mark.parametrize("name", NAMED)
def test_named_changes_are_found_and_classified(name: str) -> None:
    """What a pair is called for is among its changes, with the right severity."""
    old, new = map(describe, zip(pair(name)))
    found = {f"{change.severity} {change.slug}" for change in compare_descriptions(old, new)}
    assert set(NAMED[name]) <= found


@needs_pairs
@pytest.mark.parametrize("name", HARMLESS)
def test_rewriting_breaks_nothing(name: str) -> None:
    """A schema that moved, or was split, without saying anything else is no breaking change."""
    old, new = map(describe, zip(pair(name)))
    assert [
        str(item) for item in compare_descriptions(old, new) if item.severity == "breaking"
    ] == []


@needs_pairs
def test_all_pairs_can_be_compared_both_ways() -> None:
    """More than a hundred pairs: no crash, no change of a document against itself."""
    compared = 0
    for one, other in all_pairs():
        try:
            old, new = describe([one]), describe([other])
        except DescriptionError:
            continue
        assert compare_descriptions(old, old) == ()
        for change in (*compare_descriptions(old, new), *compare_descriptions(new, old)):
            assert change.summary
            assert change.document in {one.name, other.name}
        compared += 1
    assert compared > 100


@needs_pairs
@pytest.mark.parametrize("path", sorted(LARGE.glob("*")) or [LARGE], ids=lambda path: path.name)
def test_large_documents_compare_within_seconds(path: Path) -> None:
    """Hundreds of operations with shared schemas are no trouble, because each is compared once."""
    description = describe([path])
    started = time.process_time()
    assert compare_descriptions(description, description) == ()
    assert time.process_time() - started < 15 * slowness()
