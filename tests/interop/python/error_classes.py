"""Make the exceptions that Feast's client makes of the details of errors, as a registry server sends them.

`--details` is a JSON list of details: `{"module": …, "class": …, "message": …}`.
"""

import argparse
import json
from typing import Any

from feast.errors import FeastError

import common


def made(details: dict[str, str]) -> dict[str, Any] | None:
    """The exception: its class, those it can be caught as, and what it says; None if Feast knows no such class."""
    error = FeastError.from_error_detail(json.dumps(details))
    if error is None:
        return None
    bases = [each.__name__ for each in type(error).__mro__]
    return {"class": bases[0], "caught_as": bases[1:], "message": str(error)}


def main(arguments: argparse.Namespace) -> list:
    return [made(details) for details in json.loads(arguments.details)]


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--details", required=True)
    return parser


if __name__ == "__main__":
    common.run(main, parser())
