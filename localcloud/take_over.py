"""Cut the tables that outlive the stack out of the template, for a new stack to import them: docs/removing.md."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

KEPT: Final = ("StreamsTable", "IncidentsTable", "TenantsTable", "OnboardingTable")
_HEAD: Final = """AWSTemplateFormatVersion: '2010-09-09'
Description: The tables of sesguard that an earlier stack has kept
Parameters:
  DeletionProtection: {Type: String, Default: 'false'}
Resources:
"""


def tables_template(template: str) -> str:
    """Give a template with the tables alone, as they stand in the guard's. Raises ValueError where one is missing."""
    return _HEAD + "".join(_resource(template, name) for name in KEPT)


def _resource(template: str, name: str) -> str:
    found = re.search(rf"^  {name}:\n(?:    .*\n)+", template, re.MULTILINE)
    if found is None:
        raise ValueError(f"the template has no {name}")  # names what is missing
    return found.group()


def to_import(names: dict[str, str]) -> list[dict[str, object]]:
    """Give what CreateChangeSet takes as ResourcesToImport; ``names``: tables by their logical names."""
    return [
        {
            "ResourceType": "AWS::DynamoDB::Table",
            "LogicalResourceId": logical,
            "ResourceIdentifier": {"TableName": physical},
        }
        for logical, physical in names.items()
    ]


def main(arguments: list[str]) -> None:
    """Print the template, or, with LOGICAL=NAME of each table, what is to be imported."""
    path, *named = arguments
    if named:
        names = dict(each.split("=", 1) for each in named)
        if set(names) != set(KEPT):
            sys.exit(f"say the name of each table: {' '.join(f'{name}=NAME' for name in KEPT)}")
        print(json.dumps(to_import(names), indent=2))
    else:
        print(tables_template(Path(path).read_text(encoding="utf-8")), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
