#include "fovea/kernels/context.hpp"

#include <optional>

#include "fovea/base/memory.hpp"

namespace fovea::kernels {

namespace {

thread_local Context* t_current = nullptr;

}  // namespace

Context::Context(int threads) : threads_(threads) {}

Context::~Context() {
  if (workspace_ != nullptr) deallocate_host_memory(workspace_, workspace_bytes_);
}

void* Context::workspace(std::size_t bytes) {
  if (bytes > workspace_bytes_) {
    if (workspace_ != nullptr) deallocate_host_memory(workspace_, workspace_bytes_);
    workspace_ = nullptr;
    workspace_bytes_ = 0;
    workspace_ = allocate_host_memory(bytes);
    workspace_bytes_ = bytes;
  }
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
