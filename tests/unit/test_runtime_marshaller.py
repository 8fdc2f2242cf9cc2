"""The raw marshaller goes where the runtime client documents its place, and nowhere else."""

from __future__ import annotations

import gc
import sys
import types

import pytest

from carto_at_runtime import marshaller

CLIENT = "awslambdaric.lambda_runtime_client"


class JsonMarshaller:
    def unmarshal_request(self, request, content_type="application/json"):
        return ("decoded", request, content_type)

    def marshal_response(self, response):
        return f"encoded {response}", "application/json"


@pytest.fixture
def client(monkeypatch):
    module = types.ModuleType(CLIENT)
    module.LambdaRuntimeClient = type("LambdaRuntimeClient", (), {"marshaller": JsonMarshaller()})
    monkeypatch.setitem(sys.modules, CLIENT, module)
    yield module.LambdaRuntimeClient
    gc.unfreeze()


def test_bytes_pass_and_the_rest_goes_to_the_original(client):
    assert marshaller.install()
    placed = client.marshaller
    assert placed.unmarshal_request(b"{}") == b"{}"
    assert placed.unmarshal_request(b"{}", "application/json") == b"{}"
    assert placed.unmarshal_request("text", "text/plain") == ("decoded", "text", "text/plain")
    assert placed.marshal_response(b'"x"') == (b'"x"', "application/json")
    assert placed.marshal_response("x") == ("encoded x", "application/json")


def test_it_is_installed_once(client):
    assert marshaller.install()
    placed = client.marshaller
    assert marshaller.install()
    assert client.marshaller is placed


def test_outside_lambda_nothing_happens(monkeypatch):
    monkeypatch.delitem(sys.modules, CLIENT, raising=False)
    assert not marshaller.install()
    assert CLIENT not in sys.modules


def test_a_client_without_the_documented_place_is_left_alone(client, caplog):
    client.marshaller = object()
    assert not marshaller.install()
    assert type(client.marshaller) is object
    assert "no marshaller to replace" in caplog.text
    del client.marshaller
    assert not marshaller.install()


def test_a_module_without_the_client_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, CLIENT, types.ModuleType(CLIENT))
    assert not marshaller.install()
