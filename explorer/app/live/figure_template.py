"""
Bokeh models taken apart once and made again many times, an order faster than Bokeh makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.core.property.vectorization import Field, Value
from bokeh.core.property.wrappers import PropertyValueContainer
from bokeh.model import Model
from bokeh.models import Plot

from explorer.app.live.ids import new_id

_STORES = (
    "_property_values",
    "_unstable_default_values",
)  # where Bokeh 3.9 keeps what was set, and defaults that can change


class _Copied(HasProps):
    """
    What a copy is besides what its original is: quick to write out and to walk through.

    Bokeh asks every property whether it was set; a copy looks where Bokeh keeps what was.
    """

    def properties_with_refs(self) -> Any:
        set_ = self._property_values.keys() | self._unstable_default_values.keys()
        return [name for name in super().properties_with_refs() if name in set_]

    def properties_with_values(
        self, *, include_defaults: bool = True, include_undefined: bool = False
    ) -> Any:
        if include_defaults or include_undefined or self.themed_values():
            return super().properties_with_values(
                include_defaults=include_defaults, include_undefined=include_undefined
            )
        default = self._unstable_default_values.items()
        names = [
            *self._property_values,
            *(n for n, value in default if not isinstance(value, PropertyValueContainer)),
        ]
        descriptors = {name: self.lookup(name) for name in names}
        return {
            name: found.get_value(self) for name, found in descriptors.items() if found.serialized
        }


@cache
def _copied(kind: type[Model]) -> type[Model]:
    """
    The same model to Bokeh and to the browser. A figure becomes a plot: making one makes its parts
    once more.
    """
    names = {
        name: getattr(kind, name)
        for name in ("__view_model__", "__view_module__", "__qualified_model__")
    }
    base = Plot if issubclass(kind, Plot) else kind
    metaclass: Any = type(kind)
    return metaclass(
        f"_{kind.__name__}", (_Copied, base), names
    )  # Bokeh registers no class with such a name


class Blueprint:
    """
    A model and all that it refers to, for copies that are independent but for their arrays.

    Bokeh asks each of some sixty properties of a model for its default when the model is made. A
    copy has them already.
    """

    def __init__(self, root: Model) -> None:
        self._parts = [
            (
                model.id,
                _copied(type(model)),
                {
                    store: {name: _plain(value) for name, value in getattr(model, store).items()}
                    for store in _STORES
                },
            )
            for model in root.references()
        ]
        self._ids = {id for id, _, _ in self._parts}

    def __contains__(self, model: Model) -> bool:
        return model.id in self._ids

    def copy(self) -> dict[str, Model]:
        """New models by the id of their originals."""
        made: dict[str, Model] = {id: _blank(kind) for id, kind, _ in self._parts}
        for id, _, stores in self._parts:
            for store, values in stores.items():
                _fill(made[id], store, values, made)
        return made


def _blank(kind: type[Model]) -> Model:
    model = kind.__new__(kind, id=new_id())
    super(HasProps, model).__init__()  # callbacks; then what HasProps itself would do
    model._property_values, model._unstable_default_values, model._unstable_themed_values = (
        {},
        {},
        {},
    )
    model._initialized = True
    return model


def _fill(model: Model, store: str, values: dict[str, Any], made: dict[str, Model]) -> None:
    stored = getattr(model, store)
    for name, value in values.items():
        descriptor: Any = model.lookup(name)
        stored[name] = wrapped = descriptor.property.wrap(_with(made, value))
        if isinstance(wrapped, PropertyValueContainer):
            wrapped._register_owner(model, descriptor)


def _plain(value: Any) -> Any:
    """Containers without their owners."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, set)):
        return (list if isinstance(value, list) else set)(_plain(part) for part in value)
    return value


def _with(made: Mapping[str, Model], value: Any) -> Any:
    """
    The value with copies in the place of models; containers anew, so that none has two owners.
    """
    if isinstance(value, Model):
        return made[value.id]
    if isinstance(value, dict):
        return {key: _with(made, part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return type(value)(_with(made, part) for part in value)
    if isinstance(value, (Field, Value)) and isinstance(value.transform, Model):
        return replace(value, transform=made[value.transform.id])
    return value
