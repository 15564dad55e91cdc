// What tasks have in common that learn from batches of a data set.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/training/trainer.hpp"

namespace fovea {

/// How many samples a task has, and how many of them make a batch.
struct BatchedTaskSizes {
  std::int64_t train = 0, validation = 0, batch = 0;
};

/// Throws OptionError when a split is empty or the batch is less than 1.
void require_trainable(const BatchedTaskSizes& sizes);

/// A task whose batches are values: tensor `images` [N,...], `indices` of the samples in the training data, and a visit_state(batch,
/// archive) of their own. The last batch is kept, so that a training that it stops can be looked into. A task says how a pass is made,
/// what a batch costs, and what a sample is called.
template <class Batch>
class BatchedTask : public TrainingTask {
 public:
  std::int64_t steps_per_epoch() const final { return (sizes_.train + sizes_.batch - 1) / sizes_.batch; }

  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) final {
    pass_ = nullptr;  // one pass at a time: two would hold twice the memory
    pass_ = make_pass(epoch, first_batch);
  }

  Step next_step() final {
    batch_ = {};  // its memory serves the next one
    batch_ = pass_();
    return repeat_step();
  }

  Step repeat_step() final { return {.loss = loss(batch_), .samples = batch_.images.extent(0)}; }

  std::vector<std::string> sample_names() const final {
    std::vector<std::string> names;
    for (const std::int64_t index : batch_.indices) names.push_back(sample_name(index));
    return names;
  }

  void visit_batch(const StateArchive& archive) final {
    using fovea::visit_state;
    visit_state(batch_, archive);
  }

 protected:
  /// Gives one batch after the other.
  using Pass = std::function<Batch()>;

  /// Throws as require_trainable().
  explicit BatchedTask(const BatchedTaskSizes& sizes) : sizes_(sizes) { require_trainable(sizes); }

  /// The pass over the training data with this number, from batch `first_batch` on.
  virtual Pass make_pass(std::int64_t epoch, std::int64_t first_batch) = 0;
  /// Scalar, averaged over the batch.
  virtual Variable loss(const Batch& batch) = 0;
  /// Of a training sample: its file.
  virtual std::string sample_name(std::int64_t index) const = 0;

 private:
  BatchedTaskSizes sizes_;
  Pass pass_;
  Batch batch_;  // the last one
};

}  // namespace fovea
