// Samples made of several: their pictures and all that is known of them. What is drawn depends on the sizes and the stream alone.
#pragma once

#include <array>

#include "fovea/base/random.hpp"
#include "fovea/vision/annotated_image.hpp"

namespace fovea {

struct MosaicOptions {
  cv::Size output = {640, 640};
  double min_scale = 0.5, max_scale = 1;  ///< the longer side of each picture, as a part of the longer side of the output
  double pad_value = 114;
  AnnotationOptions annotations = {};
};

/// Four pictures around a point that is drawn from the middle half of the output: each is scaled, touches the point with one corner, and is
/// cut where its quarter ends. Label maps are made when all four have one.
/// Source: Bochkovskiy et al., "YOLOv4", 2020, section 3.3.
AnnotatedImage mosaic(const std::array<AnnotatedImage, 4>& samples, RandomStream& stream, const MosaicOptions& options = {});

/// share * a + (1 - share) * b, where b has been brought to a's size with its proportions kept, and the objects of both, a's first.
/// Throws OptionError unless share is in [0, 1] and ShapeError when the pictures differ in type. Label maps cannot be mixed: a's is kept.
/// Source: Zhang et al., "mixup", ICLR 2018; for objects Zhang et al., "Bag of freebies", 2019, section 3.1.
AnnotatedImage mixup(const AnnotatedImage& a, const AnnotatedImage& b, double share, const AnnotationOptions& options = {});

struct CutmixResult {
  AnnotatedImage sample;
  double share;  ///< of the picture that is still a's
};
/// A rectangle of b, at the same place, instead of a's pixels and labels. It has the proportions of the picture and an expected area of
/// 1 - `share` of it, in [0, 1], around a place anywhere in the picture. Of a's objects those stay that are not mostly covered; of b's
/// those that are not mostly cut off. b is first brought to a's size with its proportions kept. Source: Yun et al., "CutMix", ICCV 2019,
/// section 3.1.
CutmixResult cutmix(const AnnotatedImage& a, const AnnotatedImage& b, double share, RandomStream& stream,
                    const AnnotationOptions& options = {});

/// Objects of b that have a mask, each with the given probability, over a: pixels, labels, and masks of a's objects, of which what is
/// covered is cut away; outlines of those become unknown. b is first brought to a's size with its proportions kept. Source: Ghiasi et al.,
/// "Simple copy-paste is a strong data augmentation method for instance segmentation", CVPR 2021, section 3.
AnnotatedImage copy_paste(const AnnotatedImage& a, const AnnotatedImage& b, double probability, RandomStream& stream,
                          const AnnotationOptions& options = {});

}  // namespace fovea
