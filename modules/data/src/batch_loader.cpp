#include "fovea/data/batch_loader.hpp"

#include <fmt/format.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

namespace {

/// The arena of all loaders: apart from every arena that computes, and never destroyed before the end of the program, because TBB forgets
/// to wake workers after an arena has gone with tasks waiting in it (seen with 2021.8).
tbb::task_arena& loader_arena() {
  // TBB never lends more workers than this, and prints a warning when asked to.
  static tbb::task_arena arena(std::max(tbb::info::default_concurrency() - 1, 1), /*reserved_for_masters=*/0);
  return arena;
}

}  // namespace

/// Shared with the tasks that have begun. Batches are begun in order; batch i uses place i % prefetch.
struct PrefetchRing::State {
  /// One batch that has been made, or what happened instead.
  struct Place {
    bool done = false;
    std::shared_ptr<void> batch;
    std::exception_ptr error;
  };

  State(std::int64_t count, Make maker, const BatchLoaderOptions& options)
      : batches(count), make(std::move(maker)), workers(options.workers), places(static_cast<std::size_t>(options.prefetch)) {}

  const std::int64_t batches;
  const Make make;
  const int workers;
  std::mutex mutex;  // of everything below
  std::condition_variable changed;
  std::vector<Place> places;
  std::int64_t begun = 0, taken = 0;  // batches
  int tasks = 0;                      // that make batches, or will
  int running = 0;                    // batches being made, by tasks or by the caller
  bool stopped = false;

  Place& place_of(std::int64_t batch) { return places[static_cast<std::size_t>(batch) % places.size()]; }

  bool may_begin() const { return !stopped && begun < std::min(batches, taken + static_cast<std::int64_t>(places.size())); }

  /// Makes the next batch, unlocked meanwhile.
  void make_next(std::unique_lock<std::mutex>& lock) {
    const std::int64_t batch = begun++;
    ++running;
    lock.unlock();
    Place made{.done = true, .batch = nullptr, .error = nullptr};
    try {
      made.batch = make(batch);
    } catch (...) {
      made.error = std::current_exception();
    }
    lock.lock();
    place_of(batch) = std::move(made);
    --running;
    changed.notify_all();
  }

  void run_task() {
    std::unique_lock lock(mutex);
    while (may_begin()) make_next(lock);
    --tasks;
  }

  /// Waits until the next batch is there; makes it when nobody has begun it, and meanwhile those behind it.
  Place take_next() {
    std::unique_lock lock(mutex);
    if (taken == batches) throw OptionError(fmt::format("all {} batches of the loader have been taken", batches));
    const Place& place = place_of(taken);
    while (!place.done) {
      if (may_begin())
        make_next(lock);
      else
        changed.wait(lock);
    }
    return std::exchange(place_of(taken++), Place{});
  }

  void stop() {
    std::unique_lock lock(mutex);
    stopped = true;
    changed.wait(lock, [&] { return running == 0; });
    places.clear();
  }

  /// Tasks that have not begun, by ticket. A task holds its ticket alone: TBB may begin it long after its loader has gone, or never.
  struct Waiting {
    std::mutex mutex;
    std::map<std::uint64_t, std::shared_ptr<State>> states;
    std::uint64_t next_ticket = 0;
  };
  /// Never destroyed: a task may begin while the program ends.
  static Waiting& waiting() {
    static auto* const all = new Waiting;
    return *all;
  }
  static std::uint64_t take_ticket(std::shared_ptr<State> state) {
    Waiting& all = waiting();
    const std::lock_guard lock(all.mutex);
    all.states.emplace(all.next_ticket, std::move(state));
    return all.next_ticket++;
  }
  /// The state behind a ticket; null when its loader has gone.
  static std::shared_ptr<State> redeem(std::uint64_t ticket) {
    Waiting& all = waiting();
    const std::lock_guard lock(all.mutex);
    const auto found = all.states.find(ticket);
    if (found == all.states.end()) return nullptr;
    std::shared_ptr<State> state = std::move(found->second);
    all.states.erase(found);
    return state;
  }
  static void void_tickets(const std::shared_ptr<State>& state) {
    Waiting& all = waiting();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.states, [&](const auto& entry) { return entry.second == state; });
  }
};

PrefetchRing::PrefetchRing(std::int64_t batches, Make make, const BatchLoaderOptions& options) {
  if (batches < 0) throw OptionError(fmt::format("a loader has 0 batches or more, found {}", batches));
  if (options.workers < 0) throw OptionError(fmt::format("a loader has 0 workers or more, found {}", options.workers));
  if (options.prefetch < 1) throw OptionError(fmt::format("a loader prefetches 1 batch or more, found {}", options.prefetch));
  state_ = std::make_shared<State>(batches, std::move(make), options);
  for (int i = 0; i < std::min(options.workers, options.prefetch); ++i) start_task();
}

PrefetchRing::~PrefetchRing() {
  State::void_tickets(state_);
  state_->stop();
}

std::int64_t PrefetchRing::batches() const { return state_->batches; }

std::shared_ptr<void> PrefetchRing::next() {
  State::Place place = state_->take_next();
  start_task();
  if (place.error != nullptr) std::rethrow_exception(place.error);
  return std::move(place.batch);
}

void PrefetchRing::start_task() {
  const std::lock_guard lock(state_->mutex);
  if (state_->tasks == state_->workers || !state_->may_begin()) return;
  ++state_->tasks;
  loader_arena().enqueue([ticket = State::take_ticket(state_)] {
    if (const std::shared_ptr<State> state = State::redeem(ticket)) state->run_task();
  });
}

std::vector<std::int64_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  constexpr std::uint64_t kOrderStream = 0x6f72646572;  // "order": apart from the streams that augment samples
  return random_permutation(count, RandomStream(seed, static_cast<std::uint64_t>(epoch), 0, kOrderStream));
}

}  // namespace fovea
