"""Run the other scripts on request, so that Feast is imported once and not for each.

Says `{"ok": "ready"}`; then reads one JSON list per line from standard input, a script's name
and its arguments, and answers each with one line: `{"ok": document}` or `{"error": traceback}`.
Ends with the input.
"""

import contextlib
import importlib
import json
import logging
import sys
import traceback
from typing import Any

import common  # Feast, imported before the first request


def call(name: str, arguments: list[str]) -> Any:
    """The document that a script prints with these arguments."""
    script = importlib.import_module(name.removesuffix(".py"))
    return script.main(script.parser().parse_args(arguments))


def answer(line: str) -> dict[str, Any]:
    name, *arguments = json.loads(line)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return {"ok": call(name, arguments)}
    except SystemExit as error:  # a wrong argument; argparse has said more on standard error
        return {"error": f"{name} ended with exit code {error.code}"}
    except Exception:
        return {"error": traceback.format_exc()}
    finally:
        common.close_all()


def say(document: dict[str, Any]) -> None:
    json.dump(document, sys.stdout, sort_keys=True)
    sys.stdout.write("\n")
    sys.stdout.flush()


def main() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    say({"ok": "ready"})
    for line in sys.stdin:
        say(answer(line))


if __name__ == "__main__":
    main()
