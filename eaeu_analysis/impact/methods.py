"""Estimators by the name a person types; each is one call with the same first arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import unknown

if TYPE_CHECKING:
    from ..data.panel import Panel
    from .effect import Effect


@dataclass(frozen=True)
class Method:
    """An estimator with the options its name stands for."""

    name: str
    label: str
    module: str
    function: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(
        self, panel: Panel, outcome: str, unit: str, event: object, donors: Iterable[str] | None = None, **more: Any
    ) -> Effect:
        call: Callable[..., Effect] = getattr(import_module(f".{self.module}", __package__), self.function)
        return call(panel, outcome, unit, event, donors, **{**dict(self.options), **more})


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("sc", "synthetic control", "estimators.synthetic", "synthetic_control", (("v", "outcomes"),)),
        Method(
            "sc-demeaned",
            "synthetic control with intercept",
            "estimators.synthetic",
            "synthetic_control",
            (("v", "outcomes"), ("intercept", True)),
        ),
        Method("augmented", "augmented synthetic control", "estimators.augmented", "augmented_synthetic_control"),
        Method("sdid", "synthetic difference-in-differences", "estimators.synthetic_did", "synthetic_did"),
        Method(
            "difp",
            "de-meaned synthetic control (DIFP)",
            "estimators.synthetic_did",
            "synthetic_did",
            (("method", "difp"),),
        ),
        Method("did", "difference-in-differences", "estimators.difference_in_differences", "difference_in_differences"),
        Method("mc", "matrix completion", "estimators.matrix_completion", "matrix_completion"),
        Method(
            "estimators.interrupted_series",
            "interrupted series, structural",
            "estimators.interrupted_series",
            "interrupted_series",
        ),
        Method(
            "segmented",
            "interrupted series, segmented",
            "estimators.interrupted_series",
            "interrupted_series",
            (("method", "segmented"),),
        ),
    )
}


def find_method(name: str) -> Method:
    """The estimator of that name; BadInputError with the near match."""
    found = METHODS.get(str(name).strip().casefold())
    if found is None:
        raise unknown("method", name, METHODS, {n: m.label for n, m in METHODS.items()})
    return found
