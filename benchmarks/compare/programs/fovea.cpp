// fovea's kernels under comparison: compare_fovea THREADS
#include <cstdlib>
#include <string>
#include <vector>

#include "fovea_contenders.hpp"

using namespace fovea;
using namespace fovea::compare;

int main(int argc, char** argv) {
  kernels::Context context(argc > 1 ? std::atoi(argv[1]) : 0);
  return serve({.name = "fovea",
                .version = kernels::table().name,
                .conv2d =
                    [&](const ConvProblem& problem) {
                      return problem.precision == "bf16" ? fovea_conv2d<bf16>(context, problem) : fovea_conv2d<float>(context, problem);
                    },
                .matmul =
                    [&](const MatmulProblem& problem) {
                      return problem.precision == "bf16" ? fovea_matmul<bf16>(context, problem) : fovea_matmul<float>(context, problem);
                    }});
}
