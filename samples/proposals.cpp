// Boxes that may hold objects, from two sources behind one interface.
//   proposals IMAGE        the best boxes of a photograph
//   proposals              shows the same with a drawn image
#include <fovea/proposals/selective_search.hpp>
#include <fovea/proposals/sliding_window.hpp>
#include <fovea/vision/image_loader.hpp>
#include <iostream>
#include <memory>

int main(int argc, char** argv) try {
  cv::Mat image(200, 300, CV_8UC3, cv::Scalar(150, 150, 150));
  const fovea::Box object{60, 50, 180, 140};
  image(cv::Rect(60, 50, 120, 90)) = cv::Scalar(40, 60, 200);
  if (argc > 1) image = fovea::load_image(argv[1]);

  std::vector<std::pair<const char*, std::unique_ptr<fovea::ProposalSource>>> sources;
  sources.emplace_back("selective search", std::make_unique<fovea::SelectiveSearch>(fovea::selective_search_preset("fast")));
  sources.emplace_back("sliding windows", std::make_unique<fovea::SlidingWindows>());

  double best_by_search = 0;
  for (const auto& [name, source] : sources) {
    const std::vector<fovea::Proposal> proposals = source->propose(image);
    double best = 0;
    for (const fovea::Proposal& proposal : proposals) best = std::max(best, fovea::iou(proposal.box, object));
    std::cout << name << ": " << proposals.size() << " boxes";
    if (argc == 1) std::cout << ", the nearest to the object has IoU " << best;
    std::cout << '\n';
    for (std::size_t i = 0; i < std::min<std::size_t>(3, proposals.size()); ++i)
      std::cout << "  " << proposals[i].score << "  " << proposals[i].box.x1 << ' ' << proposals[i].box.y1 << ' ' << proposals[i].box.x2
                << ' ' << proposals[i].box.y2 << '\n';
    best_by_search = std::max(best_by_search, best);
  }
  return argc > 1 || best_by_search > 0.9 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
