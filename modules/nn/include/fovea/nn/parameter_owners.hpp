// Which layer an operation belongs to: the one whose parameters it reads.
#pragma once

#include <map>
#include <string>

#include "fovea/nn/module.hpp"

namespace fovea {

/// The layer's part of a parameter's name: "layer1.0.conv1.weight" -> "layer1.0.conv1"; "" for a parameter of the network itself.
std::string layer_of(const std::string& parameter);

/// For recorders: the layers of a network by the memory of their parameters. The network outlives it, and its parameters stay where they
/// are.
class ParameterOwners {
 public:
  explicit ParameterOwners(const Module& network);
  /// The layer that `input` is a parameter of; null when it is none.
  const std::string* find(const Variable& input) const;

 private:
  std::map<const void*, std::string> layers_;
};

}  // namespace fovea
