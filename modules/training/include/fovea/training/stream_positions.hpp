// Going back to the same random numbers.
#pragma once

#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Where the random streams of a model stand, to be put back there.
class StreamPositions {
 public:
  explicit StreamPositions(const Module& model) : streams_(model.random_streams()) {
    for (const NamedStream& entry : streams_) positions_.push_back(*entry.stream);
  }
  void restore() const {
    for (std::size_t i = 0; i < streams_.size(); ++i) *streams_[i].stream = positions_[i];
  }

 private:
  std::vector<NamedStream> streams_;
  std::vector<RandomStream> positions_;
};

}  // namespace fovea
