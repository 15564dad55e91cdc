#include "fovea/kernels/context.hpp"

#include <new>
#include <optional>

namespace fovea::kernels {

namespace {

constexpr std::align_val_t kAlignment{64};

thread_local Context* t_current = nullptr;

}  // namespace

void Context::AlignedDelete::operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }

Context::Context(int threads) : threads_(threads) {}
Context::~Context() = default;

void* Context::workspace(std::size_t bytes) {
  if (bytes > workspace_bytes_) {
    workspace_.reset();
    workspace_bytes_ = 0;
    workspace_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
    workspace_bytes_ = bytes;
  }
  return workspace_.get();
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
