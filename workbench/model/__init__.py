"""The words of the workbench: features, descriptions, evidence, verdicts. No I/O."""
