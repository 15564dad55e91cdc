// Sums with numpy's bits: the values of make_numpy_sums.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "../../modules/evaluation/src/pairwise_sum.hpp"
#include "fovea/base/json.hpp"

namespace fovea {
namespace {

std::vector<double> values(std::size_t count) {
  std::uint64_t state = 1;
  std::vector<double> found(count);
  for (double& value : found) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    value = static_cast<double>(state >> 11) * 0x1p-53;
  }
  return found;
}

TEST(NumpySum, HasTheBitsOfNumpy) {
  const Json goldens = read_json_file(NUMPY_SUMS);
  std::size_t other = 0;  // sums that a plain loop gets wrong
  for (const Json& golden : goldens.at("sums")) {
    const std::vector<double> list = values(golden.at("count").get<std::size_t>());
    EXPECT_EQ(numpy_sum(list), golden.at("sum").get<double>()) << list.size() << " values";
    other += std::accumulate(list.begin(), list.end(), 0.0) != golden.at("sum").get<double>() ? 1 : 0;
  }
  EXPECT_GT(other, 5u) << "the order of summation matters in these sums";
}

}  // namespace
}  // namespace fovea
