"""What a person chose of a record that waits, as the row of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.errors import BadInput
from hotlists.cap.pending import Pending, confirm
from hotlists.cap.vehicles import Vehicle
from hotlists.sources.amber import cells_of


def pending_of(body: Mapping[str, Any]) -> Pending:
    """The record of a confirmation (hotlists.confirming.Confirmation.body): texts with marks, and
    candidates by number. Raises BadInput for a body of another kind."""
    try:
        return msgspec.convert(dict(body), Pending)
    except msgspec.ValidationError as bad:
        raise BadInput("", "this record cannot be read any more") from bad


def row_of(body: Mapping[str, Any], chosen: int | Vehicle) -> dict[str, str]:
    """The cells for hotlists.confirming.confirm: a candidate by its number, or a vehicle as the
    person wrote it. Raises BadInput and BadPlate."""
    return cells_of(confirm(pending_of(body), chosen))
