from __future__ import annotations

import pytest
from local_aws.control_plane import folded_models
from local_aws.control_plane.folded_models import FoldedShapes
from moto.core import utils


@pytest.mark.parametrize("service", ["sqs", "s3control"])  # moto has extras for both
def test_a_folded_model_is_what_moto_loads(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    whole = utils._load_service_model(service, "service-2")
    monkeypatch.setattr(utils, "_load_service_model", utils._load_service_model)  # undone later

    folded_models.install()
    model = utils._load_service_model(service, "service-2")

    assert isinstance(model["shapes"], FoldedShapes)
    assert {**model, "shapes": dict(model["shapes"])} == whole


def test_a_model_without_shapes_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = utils._load_service_model("sqs", "paginators-1")
    monkeypatch.setattr(utils, "_load_service_model", utils._load_service_model)  # undone later

    folded_models.install()

    assert utils._load_service_model("sqs", "paginators-1") == whole


def test_a_shape_that_is_not_there_is_a_key_error() -> None:
    shapes = FoldedShapes({"Name": {"type": "string"}})
    assert "Other" not in shapes
    with pytest.raises(KeyError):
        shapes["Other"]
