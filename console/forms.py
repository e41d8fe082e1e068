"""Forms without script: the same requests as the API's, in a form's clothes."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from console.requests import Asked

A = TypeVar("A", bound=Asked)


async def asked(request: Request, kind: type[A]) -> A:
    """The form as the API's request. Raises RequestValidationError, naming the field."""
    form = await request.form()
    given = {
        k: v.strip()
        for k, v in form.items()
        if isinstance(v, str) and v.strip() and k in kind.model_fields
    }
    try:
        return kind.model_validate(given)
    except ValidationError as wrong:
        raise RequestValidationError(wrong.errors()) from wrong
