// Supersampling for panes that show the frame smaller than it is.
//
// LUMA_TAPS and CHROMA_TAPS (per axis; 1 = plain bilinear) are set by the host when it compiles:
// constant loops cost a software rasteriser less than uniform ones. Chroma gets fewer, as
// its planes are half as large to begin with.

vec2 uv_at(vec2 at);  // each shader says where on the frame a picture pixel lies

vec2 tap_offset(int column, int row, int taps) {
    return (vec2(column, row) + 0.5) / float(taps) - 0.5;
}

vec3 boxed_frame(vec2 at) {
    float luma = 0.0;
    vec2 chroma = vec2(0.0);
    for (int row = 0; row < LUMA_TAPS; ++row)
        for (int column = 0; column < LUMA_TAPS; ++column)
            luma += luma_at(uv_at(at + tap_offset(column, row, LUMA_TAPS)));
    for (int row = 0; row < CHROMA_TAPS; ++row)
        for (int column = 0; column < CHROMA_TAPS; ++column)
            chroma += chroma_at(uv_at(at + tap_offset(column, row, CHROMA_TAPS)));
    return rgb_from_sample(luma / float(LUMA_TAPS * LUMA_TAPS),
                           chroma / float(CHROMA_TAPS * CHROMA_TAPS));
}
