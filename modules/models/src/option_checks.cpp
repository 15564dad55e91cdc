#include "option_checks.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

void require_classes(const char* network, std::int64_t classes) {
  if (classes < 2) throw OptionError(fmt::format("[{}] at least 2 classes, found {}", network, classes));
}

void require_numbers(const char* network, const char* what, const std::vector<std::int64_t>& numbers, std::size_t count,
                     std::int64_t most) {
  const bool good = std::all_of(numbers.begin(), numbers.end(), [most](std::int64_t number) { return number >= 1 && number <= most; });
  if (good && (count == 0 ? !numbers.empty() : numbers.size() == count)) return;
  throw OptionError(fmt::format(
      "[{}] {} are {} {}, found [{}]", network, what, count == 0 ? std::string("one or more numbers") : fmt::format("{} numbers", count),
      most == INT64_MAX ? std::string("of 1 or more") : fmt::format("from 1 to {}", most), fmt::join(numbers, ",")));
}

void require_positive(const char* network, const char* what, std::int64_t number) {
  if (number < 1) throw OptionError(fmt::format("[{}] {} is at least 1, found {}", network, what, number));
}

}  // namespace fovea
