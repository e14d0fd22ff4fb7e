"""The command that lists the catalogue; it loads nothing else."""

from __future__ import annotations

import click

from workbench.cli.output import Output, speaks
from workbench.partners import load_catalogue


@click.command("features")
@click.option("--reasons", is_flag=True, help="List the reason codes instead.")
@speaks
def features_command(output: Output, *, reasons: bool) -> int:
    """List the feature catalogue: features, criteria, benefits, evidence needed."""
    catalogue = load_catalogue()
    if output.as_json:
        output.document(catalogue.model_dump(mode="json"))
    if reasons:
        rows = [(item.code, item.title, item.lifted_by, item.needed) for item in catalogue.reasons]
        output.table("Reasons", ("code", "title", "lifted by", "needed"), rows)
        return 0
    # These texts are ours alone, so nothing has to be searched for secrets: as fast as the help.
    for feature in catalogue.features:
        words = (feature.slug, feature.title, feature.direction, feature.requirement)
        output.plain("\n" + " · ".join(words), style="bold")
        output.plain(f"  {feature.benefit}")
        for item in feature.criteria:
            proofs = " ".join(item.evidence)
            output.plain(f"    {item.row:<12} {item.slug:<34} {item.title} {proofs}")
    rows_count = sum(len(feature.criteria) for feature in catalogue.features)
    output.plain(f"\n{len(catalogue.features)} features, {rows_count} criteria")
    return 0
