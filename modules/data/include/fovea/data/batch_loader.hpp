// Batches made ahead of their use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace fovea {

struct BatchLoaderOptions {
  int workers = 1;   ///< threads that make batches beside the calling one; 0 makes each batch when it is asked for, in the calling thread
  int prefetch = 4;  ///< batches that are made or being made and not yet taken, at most: the bound on memory; >= 1
};

/// The loader without the type of its batches: a ring of `prefetch` places that tasks in the loaders' own arena fill.
class PrefetchRing {
 public:
  using Make = std::function<std::shared_ptr<void>(std::int64_t batch)>;

  PrefetchRing(std::int64_t batches, Make make, const BatchLoaderOptions& options);
  ~PrefetchRing();
  PrefetchRing(const PrefetchRing&) = delete;
  PrefetchRing& operator=(const PrefetchRing&) = delete;

  std::int64_t batches() const;
  std::shared_ptr<void> next();

 private:
  struct State;
  void start_task();

  std::shared_ptr<State> state_;
};

/// Hands out make(0), make(1), ... make(batches - 1) in this order, whoever makes them: order and content do not depend on the workers when
/// make(i) depends on i alone. `make` is called from several threads at once. A batch that nobody has begun when it is asked for is made by
/// the calling thread, so a loader cannot starve, however busy the other threads are; while it waits for one that has been begun, it makes
/// the ones behind it, as it has nothing else to do. Compute tasks that wait never run loader tasks.
///
///     BatchLoader<Tensor> loader(batches, [&](std::int64_t batch) { return images_of(order, batch); }, {.workers = 2});
///     for (std::int64_t i = 0; i < loader.batches(); ++i) train_on(loader.next());
///
/// next() belongs to one thread. The destructor waits for batches that are being made and drops the others.
template <class Batch>
class BatchLoader {
 public:
  /// Throws OptionError when an option is out of range.
  BatchLoader(std::int64_t batches, std::function<Batch(std::int64_t batch)> make, const BatchLoaderOptions& options = {})
      : ring_(
            batches, [make = std::move(make)](std::int64_t batch) { return std::make_shared<Batch>(make(batch)); }, options) {}

  std::int64_t batches() const { return ring_.batches(); }

  /// The next batch. An exception that make() has thrown for it is thrown here, in its turn; the call after that goes on with the batch
  /// behind it. Throws OptionError when all have been taken.
  Batch next() { return std::move(*std::static_pointer_cast<Batch>(ring_.next())); }

 private:
  PrefetchRing ring_;
};

/// The order in which an epoch visits `count` samples: a permutation that depends on (seed, epoch, count) alone.
std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch);

}  // namespace fovea
