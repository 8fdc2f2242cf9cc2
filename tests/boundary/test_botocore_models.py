"""Pins what the sandbox assumes of botocore's service models, from which it reads requests and writes responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carto_at_installer.sandbox.protocols import codec
from carto_at_installer.sandbox.protocols.validation import compiled
from carto_at_installer.sandbox.server import Sandbox

SERVICES = {
    "lambda": "rest-json",
    "redshift": "query",
    "redshift-serverless": "json",
    "redshift-data": "json",
    "logs": "json",
    "sts": "query",
    "iam": "query",
}


@pytest.mark.parametrize("service", SERVICES)
def test_protocols(service: str) -> None:
    assert codec(service).model.metadata["protocol"] == SERVICES[service]


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_can_be_compiled(service: str) -> None:
    model = codec(service).model
    for name in model.shape_names:
        pattern = model.shape_for(name).metadata.get("pattern")
        if pattern:
            compiled(pattern)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: Any) -> dict[str, Any]:
    sandbox = Sandbox(Path(tmp_path_factory.mktemp("sandbox")))
    try:
        return {name: list(own) for name, own in sandbox.services.items()}
    finally:
        sandbox.close()


def test_every_operation_of_ours_is_in_its_model(operations: dict[str, Any]) -> None:
    for service, own in operations.items():
        assert set(own) <= set(codec(service).model.operation_names)


def shapes_of(shape: Any, seen: set[str]) -> Any:
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    yield shape
    if shape.type_name == "structure":
        for member in shape.members.values():
            yield from shapes_of(member, seen)
    elif shape.type_name == "list":
        yield from shapes_of(shape.member, seen)


def test_queries_need_neither_maps_nor_flat_lists(operations: dict[str, Any]) -> None:
    for name in operations["redshift"]:
        model = codec("redshift").operation(name)
        for shape in shapes_of(model.input_shape, set()):
            assert shape.type_name != "map", (name, shape.name)
        for root in (model.input_shape, model.output_shape):
            for shape in shapes_of(root, set()):
                assert not shape.serialization.get("flattened"), (name, shape.name)


def test_targets_of_json_services() -> None:
    assert codec("redshift-data").model.metadata["targetPrefix"] == "RedshiftData"
    assert codec("redshift-serverless").model.metadata["targetPrefix"] == "RedshiftServerless"
    assert codec("logs").model.metadata["targetPrefix"] == "Logs_20140328"
