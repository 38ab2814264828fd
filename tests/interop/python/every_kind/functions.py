"""Functions that are stored inside views.

They import what they need themselves: dill stores them without this module.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd


def stored(function: Callable) -> Callable:
    """Have dill store the function's code instead of the place to import it from."""
    function.__module__ = "__main__"
    return function


def text_of(function: Callable) -> str:
    """The function's source without its decorator line, for the field that keeps it."""
    return inspect.getsource(function).split("\n", 1)[1]


@stored
def double_the_rate(inputs: dict[str, Any]) -> dict[str, Any]:
    """Verdoppelt die Größe."""
    return {"doubled": [rate * 2 for rate in inputs["conv_rate"]]}


@stored
def clean_rides(frame: pd.DataFrame) -> pd.DataFrame:
    """Streicht Zeilen ohne Größe."""
    import pandas

    return frame[pandas.notna(frame["rides"])]


@stored
def rate_per_amount(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas

    out = pandas.DataFrame()
    out["rate_per_amount"] = frame["conv_rate"] / frame["amount"]
    return out


@stored
def profile_dataset(dataset):
    return {"größe": len(dataset)}
