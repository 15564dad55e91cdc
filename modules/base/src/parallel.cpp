#include "fovea/base/parallel.hpp"

#include <fmt/format.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

struct Threads::Arena {
  tbb::task_arena arena;
};

Threads::Threads(int count) {
  if (count < 0) throw OptionError(fmt::format("the number of threads is 0 (all) or more, found {}", count));
  const int usable = tbb::info::default_concurrency();
  arena_ = std::make_unique<Arena>(Arena{tbb::task_arena(count == 0 ? usable : std::min(count, usable))});
}

Threads::~Threads() = default;

int Threads::count() const { return arena_->arena.max_concurrency(); }

void Threads::run_blocks(std::int64_t blocks, void (*body)(void*, std::int64_t, int), void* argument) const {
  if (blocks <= 0) return;
  if (blocks == 1 || count() == 1) {  // the same blocks in order: nothing but the schedule may differ
    for (std::int64_t block = 0; block < blocks; ++block) body(argument, block, 0);
    return;
  }
  arena_->arena.execute([&] {
    // Isolated: a thread that waits here for its blocks must not pick up the outer work of another call.
    tbb::this_task_arena::isolate([&] {
      tbb::parallel_for(std::int64_t{0}, blocks,
                        [&](std::int64_t block) { body(argument, block, tbb::this_task_arena::current_thread_index()); });
    });
  });
}

}  // namespace fovea
