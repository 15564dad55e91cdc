// What must be asked of the processor itself: one source per architecture, chosen in CMakeLists.txt, which defines is_supported(Isa) too.
#pragma once

namespace fovea {

/// Whether the processor's bf16 products beat f32 arithmetic on converted values.
bool multiplies_bf16_fast();

}  // namespace fovea
