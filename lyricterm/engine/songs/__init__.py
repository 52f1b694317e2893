"""Songs with a form: line lengths, rhymes, acrostics and refrains, met exactly by ruling characters out."""
