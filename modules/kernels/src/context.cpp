#include "fovea/kernels/context.hpp"

#include <optional>

#include "fovea/base/memory.hpp"

namespace fovea::kernels {

namespace {

thread_local Context* t_current = nullptr;

/// Of a workspace, beyond what was asked for.
constexpr std::size_t kLargestKept = std::size_t{1} << 20;

}  // namespace

Context::Context(int threads) : threads_(threads) {}

Context::~Context() {
  if (workspace_ != nullptr) deallocate_host_memory(workspace_, workspace_bytes_);
}

void* Context::workspace(std::size_t bytes) {
  // A smaller request lets go of what the largest layer took: at the peak of a training step that is a tensor's worth, or several.
  const bool fits = bytes <= workspace_bytes_ && workspace_bytes_ <= bytes + kLargestKept;
  if (fits) return workspace_;
  if (workspace_ != nullptr) deallocate_host_memory(workspace_, workspace_bytes_);
  workspace_ = nullptr;
  workspace_bytes_ = 0;
  workspace_ = allocate_host_memory(bytes);
  workspace_bytes_ = bytes;
  return workspace_;
}

Context& Context::current() {
  if (t_current != nullptr) return *t_current;
  thread_local std::optional<Context> own;
  if (!own) own.emplace();
  return *own;
}

ContextGuard::ContextGuard(Context& context) : previous_(t_current) { t_current = &context; }
ContextGuard::~ContextGuard() { t_current = previous_; }

}  // namespace fovea::kernels
