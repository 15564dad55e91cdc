// Writing ground truth as text.
#include <fmt/format.h>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/box_text.hpp"

namespace fovea {

void write_box_text(const std::filesystem::path& folder, const DetectionDataset& dataset, BoxTextForm form) {
  for (const DetectionCategory& category : dataset.categories)
    if (category.name.find_first_of(" \t") != std::string::npos)
      throw OptionError(fmt::format("the class \"{}\" holds a space, which separates fields in text files", category.name));
  const ImageObjects images(dataset);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    std::string text;
    for (const DetectionAnnotation* object : images.objects[i]) {
      const XywhBox& box = object->box;
      const bool corners = form == BoxTextForm::corners;
      text += fmt::format("{} {} {} {} {}\n", dataset.categories[static_cast<std::size_t>(object->category)].name, box.x, box.y,
                          corners ? box.x + box.width : box.width, corners ? box.y + box.height : box.height);
    }
    write_file(folder / (images.stems[i] + ".txt"), text);
  }
}

}  // namespace fovea
