// Where a tensor's memory lives and its operations run.
#pragma once

#include <string>

namespace fovea {

enum class DeviceType { cpu, cuda };

struct Device {
  DeviceType type = DeviceType::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;

  /// "cpu" or "cuda:0"
  std::string to_string() const { return type == DeviceType::cpu ? "cpu" : "cuda:" + std::to_string(index); }
};

}  // namespace fovea
