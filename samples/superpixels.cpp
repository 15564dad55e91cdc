// A photograph in pieces, and what can be asked of them.
//   superpixels IMAGE OUT.png      writes the image with the outlines of its regions
//   superpixels                    shows the same with a drawn image
#include <fovea/superpixels/felzenszwalb.hpp>
#include <fovea/superpixels/region_graph.hpp>
#include <fovea/superpixels/region_pictures.hpp>
#include <fovea/superpixels/region_statistics.hpp>
#include <fovea/superpixels/slic.hpp>
#include <fovea/vision/image_loader.hpp>
#include <fovea/vision/image_writer.hpp>
#include <iostream>

namespace {

cv::Mat drawing() {
  cv::Mat image(120, 160, CV_8UC3, cv::Scalar(180, 120, 60));
  image(cv::Rect(20, 20, 60, 40)) = cv::Scalar(40, 200, 220);
  image(cv::Rect(70, 50, 50, 50)) = cv::Scalar(60, 60, 200);
  return image;
}

}  // namespace

int main(int argc, char** argv) try {
  const cv::Mat image = argc > 1 ? fovea::load_image(argv[1]) : drawing();

  const fovea::RegionMap regions = fovea::felzenszwalb(image, {.scale = 200, .min_size = 500});
  const auto statistics = fovea::region_statistics(regions, image);
  std::cout << regions.count << " regions; the first: " << statistics[0].area << " pixels around (" << statistics[0].centroid.x << ", "
            << statistics[0].centroid.y << ")\n";

  for (const fovea::RegionEdge& edge : fovea::region_graph(regions))
    if (edge.a == 0) std::cout << "  touches region " << edge.b << " along " << edge.length << " pixels\n";

  const fovea::RegionMap even = fovea::slic(image, {.segments = 100});  // about equal in size
  std::cout << even.count << " superpixels by SLIC\n";

  if (argc > 2) fovea::save_image(argv[2], fovea::draw_boundaries(image, regions));
  return argc > 1 || regions.count == 3 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
