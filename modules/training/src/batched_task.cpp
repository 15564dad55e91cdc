#include "fovea/training/batched_task.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

void require_trainable(const BatchedTaskSizes& sizes) {
  if (sizes.train == 0) throw OptionError("the training split holds no images");
  if (sizes.validation == 0) throw OptionError("the validation split holds no images");
  if (sizes.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", sizes.batch));
}

}  // namespace fovea
