"""Doors to models elsewhere: how cases are put to each kind of server, and how its answers are read.

Nothing here knows the network or the database: a door makes bodies of contents, and scores of answers
(ADR 0073).
"""

from models_store.doors import chat, mlflow, onnx, open_inference, template
from models_store.doors.types import Call, DoorFault, DoorWay, Heard
from models_store.types import Door

DOORS: dict[str, DoorWay] = {
    Door.OPEN_INFERENCE: DoorWay(open_inference.calls, open_inference.read, batch=64),
    Door.MLFLOW: DoorWay(mlflow.calls, mlflow.read, batch=64),
    Door.TEMPLATE: DoorWay(template.calls, template.read, batch=64),
    Door.CHAT: DoorWay(chat.calls, chat.read, batch=8),
    Door.ONNX: DoorWay(onnx.calls, onnx.read, batch=512),
}
"""By the name of the door, but the one through which scores come by themselves."""

__all__ = ["DOORS", "Call", "DoorFault", "DoorWay", "Heard"]
