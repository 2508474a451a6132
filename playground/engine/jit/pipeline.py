"""Numba's way from bytecode to machine code, with what kernels need of it and nothing else.

Kernels hold no closures, comprehensions, `with` blocks, overloads to inline or array expressions, so the passes that look for those
are left out; and a function that is inlined everywhere is only brought into LLVM's form, never turned into machine code by itself.
Together with what `compile` does about the garbage collector that takes a third off the time that kernels take to compile.
"""

from __future__ import annotations

import operator
from typing import Any

from numba._dynfunc import make_function
from numba.core import codegen, typed_passes, untyped_passes
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typing import arraydecl, builtins
from numba.core.typing.templates import infer_global

#: Said of a template of Numba, it is tried before those for any machine. Operators have a dozen of them, most for lists and strings.
FIRST = {"target": "cpu"}
for _function, _template in (
    (operator.getitem, arraydecl.GetItemBuffer),
    (operator.setitem, arraydecl.SetItemBuffer),
    (bool, builtins.Bool),
):
    infer_global(_function)(type(f"First{_template.__name__}", (_template,), {"metadata": FIRST}))

PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.IRLegalization,
)


def _passes(name: str, *last: Any) -> PassManager:
    manager = PassManager(name)
    for one in (*PASSES, *last):
        manager.add_pass(one, one.__name__)
    manager.finalize()
    return manager


class KernelCompiler(CompilerBase):  # type: ignore[misc]
    """For kernels."""

    def define_pipelines(self) -> list[PassManager]:
        return [_passes("kernel", KernelLowering, typed_passes.NoPythonBackend)]


class PartCompiler(CompilerBase):  # type: ignore[misc]
    """For functions that become part of kernels."""

    def define_pipelines(self) -> list[PassManager]:
        return [_passes("part", PartLowering, typed_passes.NoPythonBackend)]


class Kernel(codegen.JITCodeLibrary):  # type: ignore[misc]
    """The code of a kernel: optimised once, as a whole, together with its parts."""

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout


class Part(codegen.JITCodeLibrary):  # type: ignore[misc]
    """The code of a function for others to link: no machine code comes of it alone."""

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class KernelLowering(typed_passes.NativeLowering):  # type: ignore[misc]
    """Lowering into a library of our own."""

    _name = "kernel_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = Kernel(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


@register_pass(mutates_CFG=True, analysis_only=False)
class PartLowering(typed_passes.NativeLowering):  # type: ignore[misc]
    """Lowering without the last step."""

    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        done = state["cr"]
        # what Numba finds the function by; without a door from outside nobody can call it
        entry = make_function(done.fndesc.lookup_module(), done.fndesc.unique_name, "", 0, done.env, (state.library,))
        state.targetctx.insert_user_function(entry, done.fndesc, [state.library])
        state["cr"] = done._replace(cfunc=entry)
        return True
