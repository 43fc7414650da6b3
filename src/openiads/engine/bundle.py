"""How a bundle of arrays is handed to a kernel: as one pointer.

numba takes a NamedTuple apart, a word for every pointer, length and stride of every array in it, at every call and
at every mention of a field. A bundle is written to memory once, when Python calls the kernel; inside it is a
pointer, and a field is one load. In Python it stays a plain NamedTuple.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, imputils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.pythonapi import NativeValue, unbox
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.core.typing.typeof import typeof, typeof_impl

T = TypeVar("T")


class BundleType(types.Type):
    """The type of a bundle: its class and the types of its fields."""

    def __init__(self, cls: str, fields: tuple[tuple[str, types.Type], ...]) -> None:
        self.fields = fields
        self.place = {name: i for i, (name, _) in enumerate(fields)}
        digest = hashlib.sha256(repr(fields).encode()).hexdigest()[:12]
        super().__init__(f"{cls}_{digest}")


def bundle(cls: type[T]) -> type[T]:
    """Hand values of a NamedTuple class to kernels as one pointer; kernels can read its fields, not make one."""

    @typeof_impl.register(cls)
    def _type_of(value: Any, context: Any) -> BundleType:
        return BundleType(cls.__name__, tuple((name, typeof(v)) for name, v in value._asdict().items()))

    return cls


@register_default(BundleType)
class _BundleModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: BundleType) -> None:
        super().__init__(manager, kind, cgutils.voidptr_t)


@infer_getattr
class _BundleFields(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]
        return kind.fields[kind.place[name]][1] if name in kind.place else None


def _layout(context: Any, kind: BundleType) -> ir.LiteralStructType:
    return ir.LiteralStructType([context.get_value_type(field) for _, field in kind.fields])


@imputils.lower_getattr_generic(BundleType)
def _load_field(context: Any, builder: Any, kind: BundleType, value: Any, name: str) -> Any:
    """A bundle never changes while a kernel runs (what its arrays hold does): its loads may be moved out of loops.

    Its arrays live as long as the caller holds them, so a kernel need not count references to them: the counter is
    left out, which saves two atomic operations at every mention.
    """
    i = kind.place[name]
    whole = builder.bitcast(value, _layout(context, kind).as_pointer())
    loaded = builder.load(cgutils.gep_inbounds(builder, whole, 0, i))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    field = kind.fields[i][1]
    if not isinstance(field, types.Array):
        return imputils.impl_ret_borrowed(context, builder, field, loaded)
    array = cgutils.create_struct_proxy(field)(context, builder, loaded)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    return array._getvalue()


@unbox(BundleType)
def _from_python(kind: BundleType, value: Any, c: Any) -> NativeValue:
    """Write the fields to the stack of the caller."""
    whole = cgutils.alloca_once(c.builder, _layout(c.context, kind))
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    held = []
    for i, (_, field) in enumerate(kind.fields):
        native = c.unbox(field, c.pyapi.tuple_getitem(value, i))
        c.builder.store(native.value, cgutils.gep_inbounds(c.builder, whole, 0, i))
        with c.builder.if_then(native.is_error, likely=False):
            c.builder.store(cgutils.true_bit, failed)
        held.append((field, native))

    def cleanup() -> None:
        for field, native in reversed(held):
            if native.cleanup is not None:
                native.cleanup()
            if c.context.enable_nrt:
                c.context.nrt.decref(c.builder, field, native.value)

    # An empty instruction that gives the address back: the optimiser must not bring the stores above and the
    # invariant loads of the kernel together.
    pointer = c.builder.bitcast(whole, cgutils.voidptr_t)
    opaque = ir.InlineAsm(ir.FunctionType(cgutils.voidptr_t, [cgutils.voidptr_t]), "", "=r,0,~{memory}", True)
    address = c.builder.call(opaque, [pointer])
    return NativeValue(address, cleanup=cleanup, is_error=c.builder.load(failed))
