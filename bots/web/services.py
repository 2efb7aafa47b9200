"""What the routes are made of: the services of the core, each known to the handlers of its objects."""

from __future__ import annotations

from dataclasses import dataclass

from core.api.assistants import ApiAssistants
from core.api.models import ApiModels


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    assistants: ApiAssistants
    models: ApiModels
